import type { PinnedTool, ToolName } from './pinned-tools.ts';

/** What happens while binaries are made ready. `index` counts from 1 to `count`, over the tools that have to be built. */
export type ToolProgress =
  | {
      readonly kind: 'building';
      readonly tool: ToolName;
      readonly version: string;
      readonly index: number;
      readonly count: number;
      readonly usualSeconds: number;
    }
  | {
      readonly kind: 'stillBuilding';
      readonly tool: ToolName;
      readonly version: string;
      readonly index: number;
      readonly count: number;
      readonly usualSeconds: number;
      readonly elapsedSeconds: number;
    }
  | {
      readonly kind: 'built';
      readonly tool: ToolName;
      readonly version: string;
      readonly elapsedSeconds: number;
    }
  | { readonly kind: 'waiting'; readonly tool: ToolName; readonly version: string; readonly lock: string };

/** One plain line without a newline. */
export function describeToolProgress(progress: ToolProgress): string {
  const name = `${progress.tool} ${progress.version}`;
  switch (progress.kind) {
    case 'building':
      return `building ${name} (${progress.index} of ${progress.count}), usual time ${progress.usualSeconds} s on 2 cores`;
    case 'stillBuilding':
      return `still building ${name} (${progress.index} of ${progress.count}), ${progress.elapsedSeconds} s so far, usual time ${progress.usualSeconds} s on 2 cores`;
    case 'built':
      return `built ${name} in ${progress.elapsedSeconds} s`;
    default:
      return `waiting for another process that builds ${name} (lock ${progress.lock})`;
  }
}

/** `name` and `version` of a tool, as every event carries them. */
export function progressSubject(tool: PinnedTool): { readonly tool: ToolName; readonly version: string } {
  return { tool: tool.name, version: tool.version };
}
