import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ChartRepository,
  indexRepository,
  packageChart,
  serveChartRepository,
} from '../sandbox/chart-repository.ts';
import type { ChartShelf } from './world.ts';

/** A chart repository on loopback that real helm packages and indexes for. */
export interface DemoShelf extends ChartShelf {
  readonly repository: ChartRepository;
}

/** Starts an empty repository below `folder`; versions come by `publish`. `chart` is the folder of the chart's source. */
export async function openShelf(folder: string, chart: string, helm: string): Promise<DemoShelf> {
  const packages = join(folder, 'packages');
  await mkdir(packages, { recursive: true });
  const repository = await serveChartRepository({ dir: packages });
  return {
    url: repository.url,
    repository,
    downloads: (version) => repository.requestCount(`/flagger-${version}.tgz`),
    async publish(version, options = {}) {
      const chartDir = join(folder, `source-${version}`, 'flagger');
      await cp(chart, chartDir, { recursive: true });
      if (options.broken === true) {
        const path = join(chartDir, 'values.yaml');
        const values = await readFile(path, 'utf8');
        await writeFile(path, values.replace('neverReady: false', 'neverReady: true'));
      }
      await packageChart({ helm, chartDir, version, outDir: packages });
      await indexRepository(helm, packages, repository.url);
    },
  };
}
