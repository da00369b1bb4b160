import assert from 'node:assert/strict';
import { chartsOf } from '../../src/engine/lens/specialization/charts/chartsOf.ts';
import { madeUpManifest, madeUpRows } from '../support/madeUpReport.ts';
import { axisOf, shownRange } from '../../src/charts/axis.ts';
import { svgOf } from '../../src/charts/chartSvg.ts';
import { csvOf, markdownOf } from '../../src/charts/chartText.ts';
import { drawFacet } from '../../src/charts/drawFacet.ts';
import { type PanelState, reduce } from '../../webview/specialization/state.ts';

describe('panel on block specialization: state and drawing', () => {
  const { charts } = chartsOf(madeUpManifest, madeUpRows);

  it('shows the pictures that were asked for last, and none of another report', () => {
    const host = { jobId: 'a', job: null, isRemoved: false, view: null, problem: null };
    let state: PanelState = { host, shown: null, trouble: null, said: '' };
    const asked = (key: string) =>
      reduce(state, { kind: 'asked', shown: { chart: 1, key, label: key } });
    state = asked('one');
    state = asked('two');
    const made = { pictures: [], count: 3, order: 'by chance' };
    state = reduce(state, { kind: 'made', key: 'one', made });
    assert.equal(state.shown?.made, null);
    state = reduce(state, { kind: 'made', key: 'two', made });
    assert.equal(state.shown?.made, made);
    assert.equal(reduce(state, { kind: 'snapshot', host }).shown, state.shown);
    assert.equal(reduce(state, { kind: 'snapshot', host: { ...host, jobId: 'b' } }).shown, null);
    const failed = reduce(asked('three'), { kind: 'failed', cause: 'gone' });
    assert.deepEqual([failed.shown, failed.trouble], [null, 'gone']);
  });

  it('axes have round ends around all values', () => {
    assert.deepEqual(axisOf([0.13, 0.87], { withZero: true }).ticks, [0, 0.2, 0.4, 0.6, 0.8, 1]);
    assert.deepEqual(axisOf([1, 3], { isWhole: true }).ticks, [1, 2, 3]);
    assert.deepEqual(axisOf([]).low, 0);
    const { low, high } = axisOf([-3.2, 41]);
    assert.ok(low <= -3.2 && high >= 41);
    // An interval without end does not flatten the marks.
    assert.deepEqual(shownRange([{ y: 1, low: -1e9, high: 1e9 }]), [1, -2, 4]);
  });

  it('every mark is drawn, and stands in the exports', () => {
    for (const chart of charts) {
      const marks = chart.facets.flatMap(({ series }) => series.flatMap((one) => one.marks));
      const drawn = chart.facets.flatMap((facet) =>
        drawFacet(facet).shapes.flatMap((shape) => ('mark' in shape && shape.mark) || []),
      );
      assert.deepEqual(new Set(drawn), new Set(marks));
      assert.equal(csvOf(chart).trim().split('\n').length, 1 + marks.length);
      assert.match(markdownOf(chart, true), /not evidence about SDXL/);
      assert.doesNotMatch(svgOf(chart, false), /not evidence|NaN|undefined/);
    }
  });
});
