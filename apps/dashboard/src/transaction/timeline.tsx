import { ActionIcon, Tooltip } from '@mantine/core';
import { IconZoomIn, IconZoomOut } from '@tabler/icons-react';
import { useState } from 'react';
import { useNow } from '../ui/now.js';
import { Panel } from '../ui/page.js';
import { duration } from '../ui/time-format.js';
import { lookOfStep } from '../ui/tones.js';
import { timelineOf, ticksOf, type Mark, type Span, type Timeline } from './timeline-model.js';
import classes from './timeline.module.css';
import type { HistoryItem, Transaction } from './transaction.js';

export interface TimelineProps {
  readonly transaction: Transaction;
  readonly history: readonly HistoryItem[];
}

const TICKS = 6;
const MAX_ZOOM = 64;

/** When each call was under way, and how each of its attempts ended. */
export function TimelinePanel({ transaction, history }: TimelineProps) {
  const now = useNow();
  const [zoom, setZoom] = useState(1);
  const timeline = timelineOf(transaction, history, now);
  const zoomButtons = (
    <span>
      <ZoomButton label="Zoom out" isDisabled={zoom === 1} zoom={() => setZoom(zoom / 2)}>
        <IconZoomOut size={16} />
      </ZoomButton>
      <ZoomButton label="Zoom in" isDisabled={zoom >= MAX_ZOOM} zoom={() => setZoom(zoom * 2)}>
        <IconZoomIn size={16} />
      </ZoomButton>
    </span>
  );
  return (
    <Panel title="Timeline" aside={zoomButtons} flush>
      <div className={classes['scroll']} tabIndex={0} role="group" aria-label="Timeline of calls">
        <div className={classes['chart']} style={{ width: `${zoom * 100}%` }}>
          <Axis timeline={timeline} ticks={TICKS * zoom} />
          {timeline.spans.map((span) => (
            <Row key={span.key} span={span} timeline={timeline} />
          ))}
          {timeline.moments.map(({ at, what }, index) => (
            <Tooltip key={index} label={what}>
              <div className={classes['moment']} style={{ left: leftOf(at, timeline) }}>
                <span>{what}</span>
              </div>
            </Tooltip>
          ))}
        </div>
      </div>
    </Panel>
  );
}

interface ZoomButtonProps {
  readonly label: string;
  readonly isDisabled: boolean;
  readonly zoom: () => void;
  readonly children: React.ReactNode;
}

function ZoomButton({ label, isDisabled, zoom, children }: ZoomButtonProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="sm"
        aria-label={label}
        disabled={isDisabled}
        onClick={zoom}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

/** The names of the rows stand left of the time, whatever the zoom. */
function leftOf(at: number, { from, to }: Timeline): string {
  const share = Math.min(1, Math.max(0, (at - from) / (to - from)));
  return `calc(var(--labels) + 9px + (100% - var(--labels) - 34px) * ${share.toFixed(5)})`;
}

function widthOf(from: number, to: number, timeline: Timeline): string {
  const share = Math.max(0, (to - from) / (timeline.to - timeline.from));
  return `max(3px, calc((100% - var(--labels) - 34px) * ${share.toFixed(5)}))`;
}

function Axis({ timeline, ticks }: { timeline: Timeline; ticks: number }) {
  const { from, to } = timeline;
  return (
    <div className={classes['axis']} aria-hidden>
      {ticksOf(to - from, ticks).map((ms) => (
        <span key={ms} className={classes['tick']} style={{ left: leftOf(from + ms, timeline) }}>
          {ms === 0 ? '0' : duration(ms)}
        </span>
      ))}
    </div>
  );
}

function Row({ span, timeline }: { span: Span; timeline: Timeline }) {
  const { step, direction, operation, startedAt, endedAt, marks } = span;
  const end = endedAt ?? timeline.to;
  const last = marks.at(-1);
  const { tone } = lookOfStep(endedAt === null ? 'running' : (last?.outcome ?? 'succeeded'));
  const took = duration(end - startedAt);
  return (
    <div className={classes['row']}>
      <div className={classes['name']} title={`${step}: ${operation}`}>
        <span>{step}</span>
        {direction === 'compensation' && <span className={classes['back']}>undo</span>}
      </div>
      <Tooltip label={`${operation}: ${took}${endedAt === null ? ' so far' : ''}`}>
        <div
          className={classes['bar']}
          data-tone={direction === 'compensation' && tone === 'ok' ? 'back' : tone}
          data-open={endedAt === null}
          style={{ left: leftOf(startedAt, timeline), width: widthOf(startedAt, end, timeline) }}
        />
      </Tooltip>
      {marks.map((mark, index) => (
        <MarkSign key={index} mark={mark} timeline={timeline} />
      ))}
    </div>
  );
}

function MarkSign({ mark, timeline }: { mark: Mark; timeline: Timeline }) {
  const { at, attempt, outcome, detail } = mark;
  const { icon: Icon, tone } = lookOfStep(outcome === 'timed-out' ? 'unknown' : outcome);
  return (
    <Tooltip label={`attempt ${attempt}: ${outcome}${detail && `, ${detail}`}`}>
      <span className={classes['mark']} data-tone={tone} style={{ left: leftOf(at, timeline) }}>
        <Icon size={11} stroke={3} aria-hidden />
      </span>
    </Tooltip>
  );
}
