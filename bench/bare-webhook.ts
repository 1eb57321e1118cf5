/**
 * The baseline of admission.ts: a webhook pair on bare node:https that reads a review, parses it and answers "allowed".
 *
 * `node bench/bare-webhook.ts CERT KEY PORT`; prints one line when it listens, ends with its standard input.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';

const [cert = '', key = '', port = '0'] = process.argv.slice(2);

const server = createServer(
  { cert: readFileSync(cert), key: readFileSync(key), keepAliveTimeout: 95_000 },
  (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const review = JSON.parse(Buffer.concat(chunks).toString()) as { readonly request: { uid: string } };
      const body = JSON.stringify({
        apiVersion: 'admission.k8s.io/v1',
        kind: 'AdmissionReview',
        response: { uid: review.request.uid, allowed: true },
      });
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      });
      response.end(body);
    });
  },
);
server.listen(Number(port), '127.0.0.1', () => console.log('listening'));
process.stdin.on('end', () => process.exit(0)).resume();
