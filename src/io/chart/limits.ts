import { ARCHIVE_LIMITS, type ArchiveLimits } from '../../core/chart/archive-check.ts';

/** Bounds of what is fetched and kept; all sizes in bytes. */
export interface ChartLimits {
  readonly maxIndexBytes: number;
  readonly maxChartBytes: number;
  /** Index texts kept in memory, all repositories together. */
  readonly maxIndexCacheBytes: number;
  /** Chart archives kept on disk, those used within `chartGraceMs` apart. */
  readonly maxChartCacheBytes: number;
  /** How long a chart that was handed out is not evicted: a helm child reads it right after its start. */
  readonly chartGraceMs: number;
  readonly archive: ArchiveLimits;
}

/**
 * 50 and 10 MiB are Flux's limits (flux.md 1.6), so whatever it accepts is accepted. 64 MiB of index texts hold one index
 * of the largest size beside the usual small ones. 512 MiB hold some 5,000 charts of the usual 100 kB.
 */
export const CHART_LIMITS: ChartLimits = {
  maxIndexBytes: 50 * 1024 * 1024,
  maxChartBytes: 10 * 1024 * 1024,
  maxIndexCacheBytes: 64 * 1024 * 1024,
  maxChartCacheBytes: 512 * 1024 * 1024,
  chartGraceMs: 10 * 60_000,
  archive: ARCHIVE_LIMITS,
};
