import { useComputedColorScheme } from '@mantine/core';
import {
  Background,
  BackgroundVariant,
  Controls,
  MarkerType,
  ReactFlow,
  type Edge,
  type FitViewOptions,
  type NodeMouseHandler,
} from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { useMemo } from 'react';
import { useIsNarrow } from '../ui/narrow.js';
import classes from './graph.module.css';
import { NODE_WIDTH, placesOf } from './layout.js';
import type { EdgeKind, Graph, StepEdge } from './model.js';
import { StepFlowNode, type StepFlow } from './step-node.js';

export interface GraphViewProps {
  readonly graph: Graph;
  readonly label: string;
  /** Called with the step that was chosen. */
  readonly choose?: (step: string) => void;
}

const ARROW = 'var(--sk-muted)';
const NODE_TYPES = { step: StepFlowNode };
/** With more steps than this only those around the current one are brought into view. */
const MAX_FITTED = 7;
const MAX_HEIGHT = 460;
/** Share of the height where there is no room for steps at their own size. */
const NARROW_HEIGHT = 0.76;

const HANDLES: Readonly<Record<EdgeKind, readonly [source: string, target: string]>> = {
  forward: ['out', 'in'],
  abort: ['out', 'in'],
  back: ['back-out', 'back-in'],
  turn: ['turn-out', 'back-in'],
};

/** A definition's steps with their compensations; in a transaction, by what became of them. */
export function GraphView({ graph, label, choose }: GraphViewProps) {
  const scheme = useComputedColorScheme('light');
  const isNarrow = useIsNarrow();
  const nodes = useMemo(() => nodesOf(graph), [graph]);
  const edges = useMemo(() => graph.edges.map(edgeOf), [graph]);
  const onNodeClick: NodeMouseHandler<StepFlow> = (_event, node) => choose?.(node.id);
  return (
    <div
      className={classes['graph']}
      style={{ height: heightOf(nodes) * (isNarrow ? NARROW_HEIGHT : 1) }}
      aria-label={label}
      role="group"
    >
      <ReactFlow<StepFlow>
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        colorMode={scheme}
        onNodeClick={onNodeClick}
        fitView
        fitViewOptions={focusOf(graph, isNarrow)}
        minZoom={0.1}
        maxZoom={1.5}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        zoomOnScroll={false}
        preventScrolling={false}
        onlyRenderVisibleElements={graph.nodes.length > MAX_FITTED * 4}
        proOptions={{ hideAttribution: true }}
      >
        <Background variant={BackgroundVariant.Dots} gap={18} size={1} />
        <Controls showInteractive={false} position="bottom-right" />
      </ReactFlow>
    </div>
  );
}

/** As high as what it shows at its own size, px; beyond the limit it is zoomed. */
function heightOf(nodes: readonly StepFlow[]): number {
  const lowest = Math.max(0, ...nodes.map(({ position }) => position.y));
  const hasUndo = nodes.some(({ data }) => data.step.compensation !== null);
  return Math.min(MAX_HEIGHT, lowest + (hasUndo ? 262 : 164));
}

function nodesOf(graph: Graph): StepFlow[] {
  const places = placesOf(graph);
  return graph.nodes.map((step) => ({
    id: step.id,
    type: 'step',
    position: places.get(step.id) ?? { x: 0, y: 0 },
    width: NODE_WIDTH,
    data: { step },
  }));
}

function edgeOf({ id, source, target, kind, phase }: StepEdge): Edge {
  const [sourceHandle, targetHandle] = HANDLES[kind];
  return {
    id,
    source,
    target,
    sourceHandle,
    targetHandle,
    type: 'smoothstep',
    className: `${classes['edge'] ?? ''} ${classes[`${kind}-${phase}`] ?? classes[phase] ?? ''}`,
    animated: phase === 'now',
    markerEnd: { type: MarkerType.ArrowClosed, width: 14, height: 14, color: ARROW },
    focusable: false,
  };
}

function focusOf({ nodes }: Graph, isNarrow: boolean): FitViewOptions<StepFlow> {
  const options = { padding: 0.06, maxZoom: 1 };
  if (nodes.length <= (isNarrow ? 2 : MAX_FITTED)) return options;
  const current = nodes.findIndex(
    ({ action, compensation }) =>
      action.phase === 'now' || compensation?.phase === 'now' || action.error !== null,
  );
  const [before, shown] = isNarrow ? [1, 2] : [2, 5];
  const from = Math.max(0, current - before);
  return { ...options, nodes: nodes.slice(from, from + shown).map(({ id }) => ({ id })) };
}
