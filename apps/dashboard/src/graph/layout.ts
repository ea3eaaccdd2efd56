import { Graph as Dagre, layout } from '@dagrejs/dagre';
import type { Graph, StepNode } from './model.js';

export const NODE_WIDTH = 212;
const ACTION_HEIGHT = 84;
const COMPENSATION_HEIGHT = 64;
const BETWEEN = 34;
const RANK_GAP = 56;

export interface Place {
  readonly x: number;
  readonly y: number;
}

/**
 * Where each step stands, px: its action on top, its compensation beneath, so that forward reads one
 * way and back the other. Steps are ranked by the edges that lead forward.
 */
export function placesOf({ nodes, edges }: Graph): ReadonlyMap<string, Place> {
  const dagre = new Dagre();
  dagre.setGraph({ rankdir: 'LR', ranksep: RANK_GAP, nodesep: 28 });
  dagre.setDefaultEdgeLabel(() => ({}));
  const height = heightOf(nodes);
  for (const { id } of nodes) dagre.setNode(id, { width: NODE_WIDTH, height });
  for (const { source, target, kind } of edges) {
    if (kind === 'forward' || kind === 'abort') dagre.setEdge(source, target);
  }
  layout(dagre);
  const centres = nodes.map(({ id }) => [id, dagre.node(id) as Place] as const);
  return new Map(
    inOrder(centres).map(([id, { x, y }]) => [id, { x: x - NODE_WIDTH / 2, y: y - height / 2 }]),
  );
}

type Placed = readonly [id: string, place: Place];

/** What stands in one column stands there in the order of the definition, from top to bottom. */
function inOrder(placed: readonly Placed[]): Placed[] {
  return placed.map(([id, { x }]) => {
    const column = placed.filter(([, place]) => place.x === x);
    const heights = column.map(([, { y }]) => y).sort((a, b) => a - b);
    return [id, { x, y: heights[column.findIndex(([one]) => one === id)] ?? 0 }];
  });
}

/** All steps are as high, so that their actions stand on one line. */
function heightOf(nodes: readonly StepNode[]): number {
  const hasCompensation = nodes.some(({ compensation }) => compensation !== null);
  return ACTION_HEIGHT + (hasCompensation ? BETWEEN + COMPENSATION_HEIGHT : 0);
}
