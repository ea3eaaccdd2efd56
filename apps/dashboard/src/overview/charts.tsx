import {
  Area,
  AreaChart,
  CartesianGrid,
  Line,
  LineChart,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
  type TooltipContentProps,
} from 'recharts';
import { clockTime, duration } from '../ui/time-format.js';
import classes from './charts.module.css';
import { isAlone, type Point } from './series.js';

interface Series {
  readonly key: keyof Point;
  readonly label: string;
  readonly color: string;
  /** So that lines differ without their colour, too. */
  readonly dash?: string;
}

const ENDS: readonly Series[] = [
  { key: 'completed', label: 'completed, committed', color: 'var(--sk-ok)' },
  { key: 'compensated', label: 'compensated, aborted', color: 'var(--sk-back)' },
  { key: 'parked', label: 'parked', color: 'var(--sk-bad)' },
];
const PERCENTILES: readonly Series[] = [
  { key: 'p50', label: 'p50', color: 'var(--sk-ok)' },
  { key: 'p95', label: 'p95', color: 'var(--sk-info)', dash: '6 3' },
  { key: 'p99', label: 'p99', color: 'var(--sk-warn)', dash: '2 3' },
];
const SUCCESS: readonly Series[] = [
  { key: 'success', label: 'completed or committed, of all that ended', color: 'var(--sk-ok)' },
];

const HEIGHT = 190;
const MARGIN = { top: 8, right: 12, bottom: 0, left: 0 };

/** What ended per bucket, by how it ended. */
export function ThroughputChart({ points }: { points: Point[] }) {
  return (
    <Framed series={ENDS}>
      <AreaChart data={points} margin={MARGIN} title="Ended transactions over time">
        {axes({ format: (value) => value.toLocaleString('en') })}
        {ENDS.map(({ key, label, color }) => (
          <Area
            key={key}
            dataKey={key}
            name={label}
            stackId="ends"
            stroke="none"
            fill={color}
            fillOpacity={0.6}
            isAnimationActive={false}
          />
        ))}
      </AreaChart>
    </Framed>
  );
}

/** Which share completed. */
export function SuccessChart({ points }: { points: Point[] }) {
  const format = (value: number) => `${Math.round(value)} %`;
  return (
    <Framed series={SUCCESS}>
      <LineChart data={points} margin={MARGIN} title="Share that completed over time">
        {axes({ format, domain: [0, 100] })}
        {lines(SUCCESS, points)}
      </LineChart>
    </Framed>
  );
}

/** How long transactions of one definition took. */
export function LatencyChart({ points }: { points: Point[] }) {
  return (
    <Framed series={PERCENTILES}>
      <LineChart data={points} margin={MARGIN} title="Duration percentiles over time">
        {axes({ format: duration })}
        {lines(PERCENTILES, points)}
      </LineChart>
    </Framed>
  );
}

function lines(series: readonly Series[], points: readonly Point[]) {
  return series.map(({ key, label, color, dash }) => (
    <Line
      key={key}
      dataKey={key}
      name={label}
      stroke={color}
      strokeWidth={2}
      {...(dash !== undefined && { strokeDasharray: dash })}
      dot={isAlone(points, key)}
      connectNulls
      isAnimationActive={false}
    />
  ));
}

interface AxisOptions {
  readonly format: (value: number) => string;
  readonly domain?: [number, number];
}

function axes({ format, domain }: AxisOptions) {
  return [
    <CartesianGrid key="grid" vertical={false} stroke="var(--sk-border)" />,
    <XAxis
      key="x"
      dataKey="at"
      type="number"
      scale="time"
      domain={['dataMin', 'dataMax']}
      tickFormatter={(at: number) => clockTime(at).slice(0, 5)}
      tick={{ fontSize: 11, fill: 'var(--sk-muted)' }}
      stroke="var(--sk-border-strong)"
      minTickGap={40}
    />,
    <YAxis
      key="y"
      width={58}
      tickFormatter={format}
      tick={{ fontSize: 11, fill: 'var(--sk-muted)' }}
      stroke="var(--sk-border-strong)"
      allowDecimals={false}
      {...(domain && { domain })}
    />,
    <Tooltip key="tooltip" content={(props) => <Values {...props} format={format} />} />,
  ];
}

type ValuesProps = TooltipContentProps & Pick<AxisOptions, 'format'>;

function Values({ active, payload, label, format }: ValuesProps) {
  if (!active || payload.length === 0) return null;
  return (
    <div className={classes['tooltip']}>
      <div className={classes['when']}>{clockTime(Number(label))}</div>
      {payload.map(({ name, value }) => (
        <div key={String(name)}>
          {String(name)}: <strong>{typeof value === 'number' ? format(value) : '–'}</strong>
        </div>
      ))}
    </div>
  );
}

function Framed({ series, children }: { series: readonly Series[]; children: React.ReactElement }) {
  return (
    <div>
      <ul className={classes['legend']}>
        {series.map(({ key, label, color, dash }) => (
          <li key={key}>
            <svg width="18" height="8" aria-hidden>
              <line
                x1="0"
                x2="18"
                y1="4"
                y2="4"
                stroke={color}
                strokeWidth="3"
                strokeDasharray={dash}
              />
            </svg>
            {label}
          </li>
        ))}
      </ul>
      <ResponsiveContainer width="100%" height={HEIGHT}>
        {children}
      </ResponsiveContainer>
    </div>
  );
}
