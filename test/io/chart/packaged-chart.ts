import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';

/** One member of an archive: a header, and its text. */
export type Member = Partial<Header> & { readonly name: string } & { readonly text?: string | Buffer };

/** A .tgz of exactly these members. */
export async function packTgz(members: readonly Member[]): Promise<Buffer> {
  const tar = pack();
  const packed = buffer(tar);
  for (const { text, ...header } of members) {
    if (text === undefined) tar.entry({ ...header, size: 0 });
    else tar.entry(header, text);
  }
  tar.finalize();
  return gzipSync(await packed);
}

/** A small valid chart, with more members when given. */
export async function packChart(
  name: string,
  version: string,
  more: readonly Member[] = [],
): Promise<Buffer> {
  return await packTgz([
    {
      name: `${name}/Chart.yaml`,
      text: `apiVersion: v2\nname: ${name}\nversion: ${version}\nappVersion: "7.1"\n`,
    },
    { name: `${name}/values.yaml`, text: 'replicas: 1\n' },
    { name: `${name}/templates/a.yaml`, text: 'kind: ConfigMap\n' },
    ...more,
  ]);
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
