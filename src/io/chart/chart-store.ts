import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, type Stats } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

/** A file that was received in full and hashed, not yet accepted. */
export interface ReceivedChart {
  readonly path: string;
  /** Hex sha256 of its bytes. */
  readonly hex: string;
}

const CHART_FILE = /^sha256-([0-9a-f]{64})\.tgz$/;
const TEMPORARY_FILE = /^\.fetch-[0-9a-f]{32}$/;

/** Files of a process that died; a download is bounded by its repository's timeout, which is minutes at most. */
const STALE_TEMPORARY_MS = 60 * 60_000;

/**
 * Chart archives on disk as `<folder>/sha256-<hex>.tgz`, one folder for each repository and user: that somebody knows a
 * digest gives no access to what another repository serves. Files are 0600, folders 0700, and a file appears under its
 * name only when it is whole.
 */
export class ChartStore {
  readonly #root: string;
  readonly #maxBytes: number;
  readonly #graceMs: number;

  constructor(root: string, limits: { readonly maxChartCacheBytes: number; readonly chartGraceMs: number }) {
    this.#root = root;
    this.#maxBytes = limits.maxChartCacheBytes;
    this.#graceMs = limits.chartGraceMs;
  }

  /** The kept file of this digest, its bytes hashed again; one that is damaged is removed. */
  async find(folder: string, hex: string): Promise<string | undefined> {
    const path = this.#pathOf(folder, hex);
    try {
      const hash = createHash('sha256');
      for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
      if (hash.digest('hex') === hex) {
        const now = new Date();
        await utimes(path, now, now);
        return path;
      }
      await rm(path, { force: true });
      return undefined;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Writes a stream into a temporary file and hashes it. The file is gone when this rejects. */
  async receive(chunks: AsyncIterable<Buffer>): Promise<ReceivedChart> {
    await mkdir(this.#root, { recursive: true, mode: 0o700 });
    const path = join(this.#root, `.fetch-${randomBytes(16).toString('hex')}`);
    const hash = createHash('sha256');
    const file = await open(path, 'wx', 0o600);
    try {
      for await (const chunk of chunks) {
        hash.update(chunk);
        await file.writeFile(chunk);
      }
      await file.close();
      return { path, hex: hash.digest('hex') };
    } catch (error) {
      await file.close().catch(() => undefined);
      await this.discard(path);
      throw error;
    }
  }

  /** Gives a received file its name for good, and makes room for it. */
  async keep(folder: string, received: ReceivedChart): Promise<string> {
    const path = this.#pathOf(folder, received.hex);
    await mkdir(join(this.#root, folder), { recursive: true, mode: 0o700 });
    await rename(received.path, path);
    await this.#evict();
    return path;
  }

  async discard(path: string): Promise<void> {
    await rm(path, { force: true });
  }

  #pathOf(folder: string, hex: string): string {
    return join(this.#root, folder, `sha256-${hex}.tgz`);
  }

  /** Removes the least recently used files while all together are over the limit. */
  async #evict(): Promise<void> {
    const nowMs = Date.now();
    const kept: { readonly path: string; readonly stats: Stats }[] = [];
    for (const path of await this.#list()) {
      const stats = await stat(path).catch(() => undefined);
      if (stats === undefined) continue;
      if (CHART_FILE.test(path.slice(path.lastIndexOf('/') + 1))) kept.push({ path, stats });
      else if (nowMs - stats.mtimeMs > STALE_TEMPORARY_MS) await this.discard(path);
    }
    let bytes = kept.reduce((sum, { stats }) => sum + stats.size, 0);
    for (const { path, stats } of kept.sort((a, b) => a.stats.mtimeMs - b.stats.mtimeMs)) {
      if (bytes <= this.#maxBytes || nowMs - stats.mtimeMs < this.#graceMs) return;
      await this.discard(path);
      bytes -= stats.size;
    }
  }

  /** Charts and temporary files; whatever else lies in the folder is not ours to touch. */
  async #list(): Promise<readonly string[]> {
    const paths: string[] = [];
    for (const entry of await readdir(this.#root, { withFileTypes: true })) {
      if (entry.isFile() && TEMPORARY_FILE.test(entry.name)) paths.push(join(this.#root, entry.name));
      if (!entry.isDirectory() || !/^[0-9a-f]{16}$/.test(entry.name)) continue;
      const names = await readdir(join(this.#root, entry.name));
      paths.push(
        ...names.filter((name) => CHART_FILE.test(name)).map((name) => join(this.#root, entry.name, name)),
      );
    }
    return paths;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && (error as Error & { code?: unknown }).code === 'ENOENT';
}
