import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { findFreePort } from '../../src/sandbox/free-port.ts';

test('finds a port of 127.0.0.1 that can be listened on', async () => {
  const port = await findFreePort();
  assert.ok(port >= 1024 && port <= 65_535);
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  assert.notEqual(await findFreePort(), port);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
});
