import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { createCertificateAuthority } from '../../src/sandbox/pki.ts';

const now = new Date('2026-11-22T12:00:00Z');
const authority = createCertificateAuthority('test-ca', now);

test('makes an authority that is self-signed and may sign', () => {
  const certificate = new X509Certificate(authority.certificatePem);
  assert.equal(certificate.ca, true);
  assert.equal(certificate.verify(certificate.publicKey), true);
  assert.equal(certificate.subject, 'CN=test-ca');
});

test('issues leaves that the authority signed, with their key, names, groups and validity', () => {
  const request = { commonName: 'who', organizations: ['system:masters', 'b'], usage: 'server' } as const;
  const leaf = authority.issue({ ...request, hosts: ['localhost', '127.0.0.1', '10.0.0.1'] });
  const certificate = new X509Certificate(leaf.certificatePem);
  assert.equal(certificate.verify(new X509Certificate(authority.certificatePem).publicKey), true);
  assert.equal(certificate.checkPrivateKey(createPrivateKey(leaf.privateKeyPem)), true);
  assert.equal(certificate.subject, 'O=system:masters\nO=b\nCN=who');
  assert.equal(certificate.subjectAltName, 'DNS:localhost, IP Address:127.0.0.1, IP Address:10.0.0.1');
  assert.equal(certificate.ca, false);
  assert.equal(new Date(certificate.validFrom).toISOString(), '2026-11-22T11:00:00.000Z');
  assert.equal(new Date(certificate.validTo).toISOString(), '2027-11-23T11:00:00.000Z');
});

test('writes dates from 2050 on as GeneralizedTime, so that they are not read as 19xx', () => {
  const late = createCertificateAuthority('late', new Date('2050-03-01T00:00:00Z'));
  assert.equal(new Date(new X509Certificate(late.certificatePem).validTo).getUTCFullYear(), 2051);
});

/** The client's certificate name as the server saw it, or the reason why there was no connection. */
async function handshake(server: { usage: 'server' | 'client' }, client: typeof authority): Promise<string> {
  const fresh = createCertificateAuthority('fresh', new Date());
  const issuer = client === authority ? createCertificateAuthority('other', new Date()) : fresh;
  const serving = fresh.issue({ commonName: 'server', usage: server.usage, hosts: ['127.0.0.1'] });
  const asking = issuer.issue({ commonName: 'client', usage: 'client' });
  const listener = createServer({
    key: serving.privateKeyPem,
    cert: serving.certificatePem,
    ca: fresh.certificatePem,
    requestCert: true,
    rejectUnauthorized: true,
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const seen = Promise.race([
    once(listener, 'secureConnection').then(([socket]) =>
      String((socket as TLSSocket).getPeerCertificate().subject.CN),
    ),
    once(listener, 'tlsClientError').then(([error]) => `refused: ${(error as NodeJS.ErrnoException).code}`),
  ]);
  const socket = connect({
    host: '127.0.0.1',
    port: (listener.address() as { port: number }).port,
    ca: fresh.certificatePem,
    key: asking.privateKeyPem,
    cert: asking.certificatePem,
  });
  const clientError = new Promise<string>((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(`client: ${error.code}`));
  });
  try {
    return server.usage === 'server' ? await seen : await clientError;
  } finally {
    socket.destroy();
    listener.close();
  }
}

test('the leaves carry a mutual TLS handshake', async () => {
  assert.equal(await handshake({ usage: 'server' }, createCertificateAuthority('x', now)), 'client');
});

test('a client of another authority is refused', async () => {
  assert.match(await handshake({ usage: 'server' }, authority), /^refused: /);
});

test('a client certificate is not accepted as a server', async () => {
  assert.equal(
    await handshake({ usage: 'client' }, createCertificateAuthority('x', now)),
    'client: INVALID_PURPOSE',
  );
});
