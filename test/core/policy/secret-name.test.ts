import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../../../src/core/json/json.ts';
import { findPlainSecrets } from '../../../src/core/policy/plain-secrets.ts';
import { secretLineOf } from '../../../src/core/policy/secret-line.ts';

const placesOf = (values: Json) =>
  findPlainSecrets(values, [], 100).secrets.map(({ tokens }) => tokens.join('.'));

/** Values as charts take them, each with the one place in it that holds a secret. */
const SECRET: readonly (readonly [values: Json, place: string])[] = [
  [{ secretKey: 'minio123456' }, 'secretKey'],
  [{ accessKey: 'minio', secretKey: '' }, 'accessKey'],
  [{ secret_key: 'hunter2' }, 'secret_key'],
  [{ 'secret-key': 'hunter2' }, 'secret-key'],
  [{ SECRET_KEY: 'hunter2' }, 'SECRET_KEY'],
  [{ SECRET_KEY_BASE: 'hunter2' }, 'SECRET_KEY_BASE'],
  [{ secretKeyBase: 'hunter2' }, 'secretKeyBase'],
  [{ env: [{ name: 'DJANGO_SECRET_KEY', value: 'hunter2' }] }, 'env.0.value'],
  [{ env: [{ name: 'AWS_SECRET_ACCESS_KEY', value: 'hunter2' }] }, 'env.0.value'],
  [{ env: { APP_SECRET_KEY: 'hunter2' } }, 'env.APP_SECRET_KEY'],
  [{ encryptionKey: 'hunter2' }, 'encryptionKey'],
  [{ N8N_ENCRYPTION_KEY: 'hunter2' }, 'N8N_ENCRYPTION_KEY'],
  [{ encryptionkey: 'hunter2' }, 'encryptionkey'],
  [{ signingKey: 'hunter2' }, 'signingKey'],
  [{ masterKey: 'hunter2' }, 'masterKey'],
  [{ fernetKey: 'hunter2' }, 'fernetKey'],
  [{ storage: { accountKey: 'hunter2' } }, 'storage.accountKey'],
  [{ sharedAccessKey: 'hunter2' }, 'sharedAccessKey'],
  [{ pwd: 'hunter2' }, 'pwd'],
  [{ DB_PWD: 'hunter2' }, 'DB_PWD'],
  [{ adminPwd: 'hunter2' }, 'adminPwd'],
  [{ db_pass: 'hunter2' }, 'db_pass'],
  [{ dbPass: 'hunter2' }, 'dbPass'],
  [{ SMTP_PASS: 'hunter2' }, 'SMTP_PASS'],
  [{ dbpass: 'hunter2' }, 'dbpass'],
  [{ pass: 'hunter2' }, 'pass'],
  [{ db_pass: 12345 }, 'db_pass'],
  [{ password: { value: 'hunter2' } }, 'password.value'],
  [{ auth: { rootPassword: { value: 'hunter2' } } }, 'auth.rootPassword.value'],
  [{ secretKey: { value: 'hunter2' } }, 'secretKey.value'],
  [{ password: { name: 'pw', value: 'hunter2' } }, 'password.value'],
  [{ tokens: [{ value: 'hunter2' }] }, 'tokens.0.value'],
  [{ cookieSecret: 'hunter2' }, 'cookieSecret'],
  [{ csrf_secret: 'hunter2' }, 'csrf_secret'],
  [{ database: 'Server=db;User Id=a;Password=hunter2;' }, 'database'],
  [{ database: 'Server=db;Pwd=hunter2' }, 'database'],
  [{ storage: 'DefaultEndpointsProtocol=https;AccountName=a;AccountKey=aHVudGVyMg==' }, 'storage'],
  [{ bus: 'Endpoint=sb://a/;SharedAccessKeyName=b;SharedAccessKey=aHVudGVyMg=' }, 'bus'],
  [{ dsn: 'host=db user=app password=hunter2 dbname=app' }, 'dsn'],
  [{ url: 'jdbc:postgresql://db/app?user=app&password=hunter2' }, 'url'],
  [{ config: 'password: hunter2\n' }, 'config'],
  [{ config: 'password: hunter2' }, 'config'],
  [{ config: 'db:\n  user: app\n  password: "hunter2"\n' }, 'config'],
  [{ config: '[db]\nuser = app\npassword = hunter2\n' }, 'config'],
  [{ config: '{"user": "app",\n "password": "hunter2"}' }, 'config'],
  [{ config: '{"user": "app", "password": "hunter2"}' }, 'config'],
  [{ config: 'export DB_PASSWORD=hunter2\n' }, 'config'],
  [{ config: 'requirepass hunter2\nmaxmemory 1gb\n' }, 'config'],
  [{ configYaml: { x: 'db_password=hunter2' } }, 'configYaml.x'],
  [{ config: 'SECRET_KEY_BASE=hunter2' }, 'config'],
  [{ config: 'spring.datasource.password=hunter2' }, 'config'],
  [{ args: ['--v=2', '--password=hunter2'] }, 'args.1'],
  [{ args: ['--api-key', '--client-secret=hunter2'] }, 'args.1'],
  [{ password: '{{ x }} hunter2 {{ y }}' }, 'password'],
  [{ password: '{{ x }}hunter2' }, 'password'],
  [{ password: '{{ x }}{{ y }}z' }, 'password'],
  [{ password: 'ref+hunter2' }, 'password'],
  [{ password: 'vault:hunter2' }, 'password'],
  [{ config: 'password: {{ x }}hunter2{{ y }}' }, 'config'],
];

/** What refers to a secret, says something about one, or only looks like a name of one. */
const PLAIN: readonly Json[] = [
  { existingSecret: 'minio' },
  { existingSecretKey: 'secret-key' },
  { existingSecretPasswordKey: 'password' },
  { secretName: 'minio' },
  { auth: { existingSecret: 'pg', secretKeys: { adminPasswordKey: 'postgres-password' } } },
  { secretRef: 'minio' },
  { secretRef: { name: 'minio', key: 'secret-key' } },
  { secretKeyRef: { name: 'minio', key: 'secret-key' } },
  { secretKeyRef: 'minio' },
  { secretKeyName: 'secret-key' },
  { passwordKey: 'password' },
  { passwordSecret: 'minio' },
  { passwordSecretKey: 'password' },
  { tokenSecretKey: 'token' },
  { usernameSecretKey: 'username' },
  { tlsSecretKey: 'tls.key' },
  { encryptionKeyRef: 'kms' },
  { encryptionKeySecret: 'kms' },
  { encryptionKeyId: 'alias-main' },
  { encryptionKeyFile: '/etc/keys/main' },
  { signingKeyPath: '/etc/keys/sign' },
  { data: [{ secretKey: 'password', remoteRef: { key: 'db' } }] },
  { env: [{ envName: 'A', secretName: 'b', secretKey: 'c' }] },
  { existingSecret: 'minio', secretKey: 'root-password' },
  { cookieSecretName: 'oauth' },
  { cookieSecretRef: { name: 'oauth' } },
  { imagePullSecrets: ['registry'] },
  { PWD: '/app' },
  { OLDPWD: '/app' },
  { compass: 'north', bypass: 'never', encompass: 'all' },
  { passThrough: 'yes', passive: 'on' },
  { primaryKey: 'id', foreignKey: 'user', sortKey: 'name', key: 'value', monkey: 'x' },
  { partitionKey: 'tenant', publicKey: 'ssh-ed25519', turkey: 'x' },
  { timeout: { value: '5m' }, value: 'x' },
  { passwordLength: { value: 'x' } },
  {
    env: [
      { name: 'DB_HOST', value: 'db' },
      { name: 'DB_PASSWORD_FILE', value: '/run/secrets/db' },
    ],
  },
  { password: { valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } } },
  { password: '{{ .Values.password }}' },
  { password: '{{ .Values.a }}{{ .Values.b }}' },
  { password: '{{ x }}-{{ y }}' },
  { password: '{{ printf "%s}" .x }}' },
  { password: 'ref+vault://secret/db#password' },
  { password: 'vault:secret/data/db#password' },
  { config: 'password: {{ .Values.password }}\n' },
  { config: 'password: ${DB_PASSWORD}\n' },
  { config: 'password = $DB_PASSWORD' },
  { config: 'admin_password = $__file{/etc/secrets/admin}' },
  { config: 'PASSWORD=$(cat /run/secrets/db)' },
  { config: 'password:\n  valueFrom: x\n' },
  { config: 'password: ""\npasswd: null\npwd: ~\n' },
  { config: 'password: <your password>\n' },
  { config: 'password: |\n' },
  { config: 'password: *anchor\n' },
  { config: 'passwordFile: /run/secrets/db\ntoken_ttl: 5m\nexistingSecret: db\n' },
  { config: 'auth_token_enabled: true\ntoken: false\n' },
  { config: 'password = os.environ["DB_PASSWORD"]\nsecret_key = get_secret("x")\n' },
  { note: 'The password: ask the platform team for it' },
  { note: 'Password: see the wiki page' },
  { note: '# password: as in the Secret' },
  { database: 'Server=db;Password=${DB_PASSWORD};' },
  { database: 'Server=db;Trusted_Connection=True' },
  { dsn: 'host=db user=app passfile=/run/secrets/pg' },
  { dsn: 'host=db user=app password=$DB_PASSWORD' },
  {
    args: ['--password-file=/run/secrets/db', '--tls-private-key-file=/tls.key', '--authorization-mode=RBAC'],
  },
  { args: ['--token-auth=false', '--secret=db', '--key=value'] },
  { query: 'select token from users where password = ?' },
  { masterKeyEnabled: 'x', masterKeyVersion: '3' },
  { tokenizer: { type: 'x' }, config: 'tokenizer: standard' },
];

describe('a plain secret', () => {
  for (const [values, place] of SECRET) {
    it(`is found at ${place} of ${JSON.stringify(values)}`, () =>
      assert.deepEqual(placesOf(values), [place]));
  }

  for (const values of PLAIN) {
    it(`is none in ${JSON.stringify(values)}`, () => assert.deepEqual(placesOf(values), []));
  }

  it('is looked for in at least 60 ways', () => assert.ok(SECRET.length + PLAIN.length >= 60));

  it('is found in a line wherever the line stands, and whatever stands around it', () => {
    const line = fc.constantFrom('user: app', '', '# note', 'host = db', '  - a', '{', 'password: ${X}');
    fc.assert(
      fc.property(
        fc.array(line),
        fc.constantFrom(
          'password: hunter2',
          '  db_pass = hunter2',
          '"apiKey": "hunter2",',
          '- token: hunter2',
        ),
        fc.array(line),
        fc.constantFrom('\n', '\r\n'),
        (before, secret, after, end) => {
          const text = [...before, secret, ...after].join(end);
          assert.equal(secretLineOf(text), 'a line with a password or a key');
          assert.equal(secretLineOf([...before, ...after].join(end)), undefined);
        },
      ),
    );
  });

  it('is looked for in lines in linear work, whatever stands in them', () => {
    const parts = [
      'password: ',
      'password',
      'a.',
      '=',
      ';password=',
      '{{',
      '{{ x }}',
      '"password":',
      '\n',
      ' ',
      '-',
      "'",
    ];
    for (const part of parts) {
      const text = part.repeat(Math.ceil(500_000 / part.length));
      secretLineOf(text);
      findPlainSecrets({ password: text, text }, [], 20);
    }
  });
});
