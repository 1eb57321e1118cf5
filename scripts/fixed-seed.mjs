// Properties are tried on the same values in each run, so that a change fails a test and chance does not: some of them also count how
// often they met what they are about. PROPERTY_SEED=random (or a number) tries others, best with many PROPERTY_RUNS.
import fc from 'fast-check';

const FIXED_SEED = 20_261_122;

const asked = process.env.PROPERTY_SEED;
if (asked !== 'random') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(asked ?? FIXED_SEED) });
