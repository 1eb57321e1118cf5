// Takes a sample of the code for mutation testing: one of every SAMPLE top-level statements (a function, a table, a class), chosen by a
// hash of its file and place, so that the same code gives the same sample. What is not in it is reported as ignored.
import { createHash } from 'node:crypto';
import { relative } from 'node:path';
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

const size = Number(process.env.SAMPLE ?? 1);

function isInSample(file, line) {
  return createHash('sha256').update(`${file}:${line}`).digest().readUInt32BE() % size === 0;
}

const sample = {
  shouldIgnore(path) {
    if (!path.parentPath?.isProgram()) return undefined;
    const file = relative(process.cwd(), path.hub.file.opts.filename);
    return isInSample(file, path.node.loc.start.line) ? undefined : `not in the sample of one in ${size}`;
  },
};

export const strykerPlugins = [declareValuePlugin(PluginKind.Ignore, 'sample', sample)];
