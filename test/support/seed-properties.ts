import fc from 'fast-check';

// The same cases in every run, so that a run fails for what was changed. PROPERTY_SEED, a whole number, looks at others.
fc.configureGlobal({ seed: Number(process.env['PROPERTY_SEED'] ?? 20_260_101) });
