/**
 * mocha's `spec` reporter that also writes its counts to the file named by FEATURESCOPE_COUNTS, which scripts/test.mjs
 * adds up over the tiers. CommonJS because mocha loads reporters with `require`.
 */
const { writeFileSync } = require('node:fs');
const Mocha = require('mocha');

module.exports = class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once('end', () => {
      const file = process.env.FEATURESCOPE_COUNTS;
      if (!file) return;
      const { passes, failures, pending } = this.stats;
      writeFileSync(file, JSON.stringify({ passed: passes, failed: failures, skipped: pending }));
    });
  }
};
