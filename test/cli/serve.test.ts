import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeAuthority, makeLeaf } from '../../src/io/tls/authority.ts';

const bin = fileURLToPath(new URL('../../bin/helmgate.js', import.meta.url));
const policyFile = `apiVersion: helmgate.dev/v1alpha1
kind: Policy
metadata: {name: open}
spec:
  enforcement: Deny
  rules:
    - id: sources
      allowedSources:
        - {url: "https://charts.example.com"}
`;
/** A command line is refused in half a second; a busy machine takes longer. */
const END_TIMEOUT_MS = 60_000;

interface Ended {
  readonly exitCode: number | null;
  readonly stderr: string;
}

describe('helmgate serve', () => {
  let scratch: string;
  let policies: string;
  let servers: Server[] = [];
  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'helmgate-serve-'));
    policies = join(scratch, 'policies');
    await mkdir(policies);
    await writeFile(join(policies, 'policy.yaml'), policyFile);
  });
  afterEach(() => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    servers = [];
  });
  after(async () => {
    await rm(scratch, { recursive: true, force: true });
  });

  /** Runs it to its end; once a line of its log matches `stopAt` it gets SIGTERM. */
  async function serve(args: readonly string[], stopAt?: RegExp): Promise<Ended> {
    const child = spawn(process.execPath, [bin, 'serve', ...args], {
      cwd: scratch,
      env: { PATH: '/nonexistent', HOME: scratch },
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: END_TIMEOUT_MS,
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      if (stopAt?.test(stderr) === true) child.kill('SIGTERM');
    });
    return await new Promise((resolve) => {
      child.once('close', (exitCode) => resolve({ exitCode, stderr }));
    });
  }

  /** A kubeconfig for an API server that answers as told. It trusts the server's CA, or another one. */
  async function apiServer(
    answer: (request: IncomingMessage, response: ServerResponse) => void,
    trusted = true,
  ): Promise<{ readonly kubeconfig: string; readonly url: string }> {
    const now = new Date();
    const authority = await makeAuthority({ now });
    const stranger = await makeAuthority({ now });
    const { certPem, keyPem } = await makeLeaf(authority, { dnsNames: [], ipAddresses: ['127.0.0.1'], now });
    const server = createServer({ cert: certPem, key: keyPem }, answer);
    servers.push(server);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { kubeconfig: await writeKubeconfig(url, (trusted ? authority : stranger).certPem), url };
  }

  async function writeKubeconfig(url: string, caPem: string): Promise<string> {
    const file = join(scratch, 'kubeconfig');
    const cluster = { server: url, 'certificate-authority-data': Buffer.from(caPem).toString('base64') };
    await writeFile(
      file,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [{ name: 'c', cluster }],
        users: [{ name: 'u', user: { token: 'not-a-secret' } }],
        contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
        'current-context': 'here',
      }),
    );
    return file;
  }

  const status = (response: ServerResponse, code: number, reason: string, message: string): void => {
    response.writeHead(code, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message }),
    );
  };

  const gate = (kubeconfig: string): readonly string[] => [
    ...[
      '--policies',
      policies,
      '--no-loop',
      '--state-dir',
      join(scratch, 'state'),
      '--kubeconfig',
      kubeconfig,
    ],
  ];

  const flags: readonly (readonly [args: readonly string[], says: RegExp])[] = [
    [[], /^helmgate serve: --policies is required/],
    [
      ['--policies', '.', '--no-loop', '--no-webhook'],
      /^helmgate serve: --no-webhook and --no-loop together/,
    ],
    [['--policies', '.', '--port', '70000'], /^helmgate serve: --port takes .* 0 to 65535, not '70000'/],
    [['--policies', '.', '--workers', '0'], /^helmgate serve: --workers takes .* 1 to 64, not '0'/],
    [
      ['--policies', '.', '--drain-quiet', '-1s'],
      /^helmgate serve: --drain-quiet takes a duration such as 10s/,
    ],
    [
      ['--policies', '.', '--tls-cert', 'a.crt'],
      /^helmgate serve: --tls-cert, --tls-key and --tls-ca go together; `helmgate certs` makes/,
    ],
    [
      ['--policies', '.', '--polices', '.'],
      /^error: unknown option '--polices'\n\(Did you mean --policies\?\)/,
    ],
  ];
  for (const [args, says] of flags) {
    it(`ends 2 for "${args.join(' ')}" and names the fix`, async () => {
      const { exitCode, stderr } = await serve(args);
      assert.equal(exitCode, 2, stderr);
      assert.match(stderr, says);
    });
  }

  it('ends 2 before it looks for the cluster when helm is not in PATH, not there, or no helm', async () => {
    const loop = ['--policies', policies, '--no-webhook', '--state-dir', join(scratch, 'state')];
    const absent = await serve(loop);
    assert.equal(absent.exitCode, 2, absent.stderr);
    assert.match(absent.stderr, /^helmgate serve: no 'helm' in PATH; install helm 4 or .* --helm PATH$/m);
    for (const [helm, says] of [
      ['/nonexistent/helm', /^helmgate serve: .*\/nonexistent\/helm is not there.*--helm/m],
      ['/bin/true', /^helmgate serve: \/bin\/true does not say its version.*--helm PATH$/m],
    ] as const) {
      const { exitCode, stderr } = await serve([...loop, '--helm', helm]);
      assert.equal(exitCode, 2, stderr);
      assert.match(stderr, says);
    }
  });

  it('ends 1 for a kubeconfig that is not there and for a context that it lacks', async () => {
    const lost = await serve(gate(join(scratch, 'lost')));
    assert.equal(lost.exitCode, 1, lost.stderr);
    assert.match(lost.stderr, /^helmgate: kubeconfig \S+\/lost cannot be read: ENOENT/m);
    const kubeconfig = await writeKubeconfig('https://127.0.0.1:1', '');
    const { exitCode, stderr } = await serve([...gate(kubeconfig), '--context', 'there']);
    assert.equal(exitCode, 1, stderr);
    assert.match(stderr, /^helmgate: kubeconfig \S+ has no context "there"$/m);
  });

  it('ends 1 when the API server does not know the identity, and says what to renew or choose', async () => {
    const { kubeconfig, url } = await apiServer((_, response) =>
      status(response, 401, 'Unauthorized', 'Unauthorized'),
    );
    const { exitCode, stderr } = await serve(gate(kubeconfig));
    assert.equal(exitCode, 1, stderr);
    assert.ok(stderr.includes(`helmgate: the API server ${url} does not accept the identity`), stderr);
    assert.match(stderr, /renew its credentials, or choose another kubeconfig with --kubeconfig/);
    assert.doesNotMatch(stderr, /not-a-secret/);
  });

  it('ends 1 when the identity may not list what has to be watched, and names it', async () => {
    const { kubeconfig } = await apiServer((request, response) => {
      if (request.url?.includes('/helmrepositories') !== true) response.end('{"items":[]}');
      else status(response, 403, 'Forbidden', 'helmrepositories is forbidden: User "u" cannot list');
    });
    const { exitCode, stderr } = await serve(gate(kubeconfig));
    assert.equal(exitCode, 1, stderr);
    assert.match(
      stderr,
      /^helmgate: the identity of the kubeconfig may not list helmrepositories at .* grant it/m,
    );
  });

  it('ends 1 when somebody else than the trusted API server answers', async () => {
    const { kubeconfig } = await apiServer((_, response) => response.end('{"items":[]}'), false);
    const { exitCode, stderr } = await serve(gate(kubeconfig));
    assert.equal(exitCode, 1, stderr);
    assert.match(stderr, /^helmgate: what answers at \S+ is not the API server that the kubeconfig trusts/m);
  });

  it('ends 1 when CRDs are missing, names the kinds and the files to apply', async () => {
    const { kubeconfig } = await apiServer((request, response) => {
      if (request.url?.startsWith('/api/v1/') === true) response.end('{"items":[]}');
      else response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n');
    });
    const { exitCode, stderr } = await serve(gate(kubeconfig));
    assert.equal(exitCode, 1, stderr);
    assert.match(stderr, /does not serve HelmRepository \(source\.toolkit\.fluxcd\.io\/v1\), HelmChart/);
    assert.match(
      stderr,
      /kubectl apply --server-side -f \S+\/charts\/helmgate\/crds\/helmrepositories\.yaml -f \S+\/helmcharts\.yaml/,
    );
  });

  it('keeps trying while the API server is down, and goes on when it is there', async () => {
    const down = await writeKubeconfig('https://127.0.0.1:1', '');
    const { exitCode, stderr } = await serve(gate(down), /(?:does not answer[^]*){2}/);
    assert.equal(exitCode, 143, stderr);
    assert.match(
      stderr,
      /"retryInMs":1000,"msg":"the API server https:\/\/127\.0\.0\.1:1 does not answer: .*ECONNREFUSED/,
    );

    let requests = 0;
    const { kubeconfig } = await apiServer((_, response) => {
      requests += 1;
      if (requests < 3) status(response, 503, 'ServiceUnavailable', 'starting');
      else response.writeHead(404).end();
    });
    const late = await serve(gate(kubeconfig));
    assert.equal(late.exitCode, 1, late.stderr);
    assert.equal(late.stderr.match(/does not answer: starting/g)?.length, 2, late.stderr);
    assert.match(late.stderr, /does not serve Namespace/);
  });
});
