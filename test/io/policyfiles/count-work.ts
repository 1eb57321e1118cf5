import { Session } from 'node:inspector/promises';
import { setFlagsFromString } from 'node:v8';

const COMPILERS = ['opt', 'maglev', 'sparkplug'];

/**
 * How much JavaScript a call runs: calls of functions and passes through blocks, as V8's interpreter counts them. The same call counts the
 * same on every machine, however busy. What the engine does itself (regular expressions, `indexOf`) is not counted.
 */
export async function countWork(run: () => unknown): Promise<number> {
  const session = new Session();
  session.connect();
  // Code that was compiled to machine code leaves calls out.
  for (const compiler of COMPILERS) setFlagsFromString(`--no-${compiler}`);
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    await session.post('Profiler.takePreciseCoverage');
    await run();
    const { result } = await session.post('Profiler.takePreciseCoverage');
    await session.post('Profiler.stopPreciseCoverage');
    const ranges = result.flatMap(({ functions }) => functions.flatMap((each) => each.ranges));
    return ranges.reduce((sum, { count }) => sum + count, 0);
  } finally {
    for (const compiler of COMPILERS) setFlagsFromString(`--${compiler}`);
    session.disconnect();
  }
}
