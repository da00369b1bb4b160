/**
 * mocha's `spec` reporter that names tests which passed only when tried again, and also writes its counts to the file named by FEATURESCOPE_COUNTS, which scripts/test.mjs
 * adds up over the tiers. CommonJS because mocha loads reporters with `require`.
 */
const { writeFileSync } = require('node:fs');
const Mocha = require('mocha');

module.exports = class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const again = [];
    runner.on('retry', (test, error) => {
      again.push(`${test.fullTitle()}: ${String(error?.message ?? error).split('\n', 1)[0]}`);
    });
    runner.once('end', () => {
      if (again.length > 0)
        console.log(`  Tried again, to be mended:\n    ${again.join('\n    ')}`);
      const file = process.env.FEATURESCOPE_COUNTS;
      if (!file) return;
      const { passes, failures, pending } = this.stats;
      writeFileSync(file, JSON.stringify({ passed: passes, failed: failures, skipped: pending }));
    });
  }
};
