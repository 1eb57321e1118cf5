import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, test } from 'node:test';
import { inClusterAccess } from '../../../src/io/kube/in-cluster-access.ts';
import { type LoadAccessOptions, loadAccess } from '../../../src/io/kube/load-access.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'access-'));
});
after(() => rm(folder, { recursive: true, force: true }));

interface Parts {
  readonly name?: string;
  readonly cluster?: object;
  readonly user?: object;
  readonly current?: string;
}

async function kubeconfig({ name = 'one', cluster = {}, user = {}, current = name }: Parts): Promise<string> {
  const path = join(folder, `config-${Math.random()}`);
  const config = {
    clusters: [{ name, cluster: { server: 'https://127.0.0.1:6443/base/', ...cluster } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: 'apps' } }],
    'current-context': current,
  };
  await writeFile(path, JSON.stringify(config));
  return path;
}

const load = (options: Partial<LoadAccessOptions>): ReturnType<typeof loadAccess> =>
  loadAccess({ env: {}, allowPlugins: false, ...options });

test('reads server, certificates, token, impersonation and namespace of the current context', async () => {
  const pem = (text: string): string => Buffer.from(text).toString('base64');
  const path = await kubeconfig({
    cluster: { 'certificate-authority-data': pem('CA'), 'tls-server-name': 'api.example' },
    user: {
      'client-certificate-data': pem('CERT'),
      'client-key-data': pem('KEY'),
      token: 'secret',
      as: 'alice',
    },
  });
  const access = await load({ kubeconfig: path });
  assert.deepEqual(JSON.parse(JSON.stringify(access)), {
    server: 'https://127.0.0.1:6443/base',
    ca: 'CA',
    cert: 'CERT',
    key: 'KEY',
    tlsServerName: 'api.example',
    impersonateUser: 'alice',
    insecureSkipTlsVerify: false,
    namespace: 'apps',
  });
  assert.equal(await access.token(), 'secret');
});

test('reads certificates from files beside the kubeconfig', async () => {
  await writeFile(join(folder, 'ca.pem'), 'CA FILE');
  const path = await kubeconfig({ cluster: { 'certificate-authority': 'ca.pem' } });
  assert.equal((await load({ kubeconfig: path })).ca, 'CA FILE');
});

test('merges the files of KUBECONFIG, the first one naming the context, and takes --context before it', async () => {
  const one = await kubeconfig({ name: 'one', user: { token: 'first' } });
  const two = await kubeconfig({ name: 'two', user: { token: 'second' } });
  const env = { KUBECONFIG: [one, two].join(delimiter) };
  assert.equal(await (await load({ env })).token(), 'first');
  assert.equal(await (await load({ env, context: 'two' })).token(), 'second');
});

test("starts the exec plugin of the user's own kubeconfig and takes its token", async () => {
  const credential = {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: 'from-plugin' },
  };
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: process.execPath,
    args: ['-e', `console.log(${JSON.stringify(JSON.stringify(credential))})`],
    interactiveMode: 'Never',
  };
  const path = await kubeconfig({ user: { exec } });
  assert.equal(await (await load({ kubeconfig: path, allowPlugins: true })).token(), 'from-plugin');
  await assert.rejects(
    load({ kubeconfig: path }),
    /context "one": exec and auth-provider plugins are refused here/,
  );
});

const refusals: readonly (readonly [string, Parts, RegExp])[] = [
  ['a server without TLS', { cluster: { server: 'http://127.0.0.1:8080' } }, /must be an https:\/\/ URL/],
  ['credentials in the URL', { cluster: { server: 'https://a:b@127.0.0.1' } }, /without credentials/],
  ['an auth provider', { user: { 'auth-provider': { name: 'oidc', config: {} } } }, /plugins are refused/],
  ['a user name and password', { user: { username: 'a', password: 'b' } }, /basic authentication/],
  ['an empty user to impersonate', { user: { as: ' ' } }, /user to impersonate is empty/],
  ['a certificate without its key', { user: { 'client-certificate-data': 'Q0VSVA==' } }, /belong together/],
  ['a proxy', { cluster: { 'proxy-url': 'http://proxy' } }, /proxy-url is not supported/],
  [
    'a file that is not there',
    { cluster: { 'certificate-authority': 'missing.pem' } },
    /missing\.pem cannot be read/,
  ],
  ['no current context', { current: '' }, /has no current context/],
  ['a context that is not defined', { current: 'other' }, /has no context "other"/],
];
for (const [what, parts, message] of refusals) {
  test(`refuses a kubeconfig with ${what}`, async () => {
    await assert.rejects(load({ kubeconfig: await kubeconfig(parts) }), (error: Error) => {
      assert.equal(error.name, 'AccessError');
      assert.match(error.message, message);
      return true;
    });
  });
}

test('says what to do when there is no cluster to be found, and names a file that is none', async () => {
  await assert.rejects(load({ env: { HOME: join(folder, 'nobody') } }), /give --kubeconfig, set KUBECONFIG/);
  await assert.rejects(load({ kubeconfig: folder }), /is not a regular file/);
  await assert.rejects(load({ kubeconfig: join(folder, 'none') }), /cannot be read/);
});

test('acts as the service account inside a pod', async () => {
  for (const [name, text] of [
    ['ca.crt', 'POD CA'],
    ['token', 'pod-token\n'],
    ['namespace', 'pod-ns'],
  ] as const) {
    await writeFile(join(folder, name), text);
  }
  const access = await inClusterAccess(
    { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' },
    folder,
  );
  assert.equal(access.server, 'https://[fd00::1]:443');
  assert.equal(access.ca, 'POD CA');
  assert.equal(access.namespace, 'pod-ns');
  assert.equal(await access.token(), 'pod-token');
  await assert.rejects(inClusterAccess({}, folder), /not inside a pod/);
});
