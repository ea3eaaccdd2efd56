// Charts as SVG, by Vega-Lite.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from '../../tools/launcher/install.mjs';

const FONT = 'system-ui, sans-serif';

async function library() {
  ensureInstalled(dirname(fileURLToPath(import.meta.url)));
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  return { vega, compile };
}

async function toSvg(specification) {
  const { vega, compile } = await library();
  const common = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    padding: 8,
    config: {
      font: FONT,
      axis: { labelFontSize: 12, labelLimit: 260 },
      title: { anchor: 'start' },
    },
  };
  const { spec } = compile({ ...common, ...specification });
  const view = new vega.View(vega.parse(spec), { renderer: 'none' });
  return `${await view.toSVG()}\n`;
}

/** A bar per contender at its median, a dot per round. */
export function bars(title, points, axis = 'sagas per second') {
  const y = { field: 'contender', type: 'nominal', sort: null, title: null };
  const color = {
    condition: { test: "indexof(datum.contender, 'skald') === 0", value: '#3563c9' },
    value: '#b9c0cc',
  };
  return toSvg({
    title,
    width: 560,
    height: { step: 26 },
    data: { values: points },
    layer: [
      {
        mark: { type: 'bar' },
        encoding: { y, x: { aggregate: 'median', field: 'value', title: axis }, color },
      },
      {
        mark: { type: 'point', filled: true, color: '#222', size: 18 },
        encoding: { y, x: { field: 'value', type: 'quantitative' } },
      },
    ],
  });
}

/** What follows time: a line per contender. */
export function lines(title, points, { x, y }) {
  return toSvg({
    title,
    width: 560,
    height: 220,
    data: { values: points },
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: 'x', type: 'quantitative', title: x },
      y: { field: 'y', type: 'quantitative', title: y },
      color: { field: 'contender', type: 'nominal', title: null },
    },
  });
}
