import { Button, Select } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { lazy, Suspense, useMemo } from 'react';
import type { Schemas } from '../api/client.js';
import { definitionQuery, definitionsQuery } from '../api/queries.js';
import { graphOfDefinition } from '../graph/model.js';
import { Tag } from '../ui/badge.js';
import { Id } from '../ui/copyable.js';
import { Facts } from '../ui/facts.js';
import { Json } from '../ui/json.js';
import { Page, Panel } from '../ui/page.js';
import { Failed, Loading } from '../ui/states.js';
import table from '../ui/table.module.css';
import { Table } from '../ui/table.js';
import { duration } from '../ui/time-format.js';

type Definition = Schemas['Definition'];

const route = getRouteApi('/definitions/$name');
const GraphView = lazy(() =>
  import('../graph/graph-view.js').then(({ GraphView: component }) => ({ default: component })),
);

/** One definition: its graph, its calls with their limits, its versions, the schema of its input. */
export function DefinitionPage() {
  const { name } = route.useParams();
  const { version } = route.useSearch();
  const definition = useQuery(definitionQuery(name, version));
  const { data, error } = definition;
  const start = (
    <Button
      leftSection={<IconPlayerPlay size={15} />}
      renderRoot={(props) => <Link {...props} to="/start" search={{ definition: name }} />}
    >
      Start one
    </Button>
  );
  return (
    <Page title={name} actions={data && start}>
      {!data && error && <Failed error={error} retry={() => void definition.refetch()} />}
      {!data && !error && <Loading />}
      {data && <Parts definition={data} />}
    </Page>
  );
}

function Parts({ definition }: { definition: Definition }) {
  const graph = useMemo(() => graphOfDefinition(definition), [definition]);
  return (
    <>
      <Panel>
        <Facts
          facts={[
            ['Version', <Versions key="versions" definition={definition} />],
            ['Protocol', definition.protocol],
            ['Deadline', duration(definition.deadlineMs)],
            ['Hash', <Id key="hash" id={definition.hash} what="hash" />, 'wide'],
          ]}
        />
      </Panel>
      <Panel title="Path" flush>
        <Suspense fallback={<Loading lines={5} />}>
          <GraphView graph={graph} label={`Steps of ${definition.name}; listed below`} />
        </Suspense>
      </Panel>
      <Panel title={definition.branches ? 'Branches' : 'Steps'} flush>
        {definition.branches ? (
          <Branches branches={definition.branches} />
        ) : (
          <Steps steps={definition.steps ?? []} />
        )}
      </Panel>
      <Panel title="Schema of the input">
        <Json value={definition.inputSchema} what="input schema" />
      </Panel>
    </>
  );
}

function Versions({ definition }: { definition: Definition }) {
  const navigate = route.useNavigate();
  const { data } = useQuery(definitionsQuery());
  const openOf = (version: number) =>
    data?.items
      .filter((item) => item.name === definition.name && item.version === version)
      .reduce((sum, { open }) => sum + open, 0) ?? 0;
  return (
    <Select
      aria-label="Version"
      maw={190}
      allowDeselect={false}
      data={definition.versions.map((version) => ({
        value: String(version),
        label: `${version} (${openOf(version)} under way)`,
      }))}
      value={String(definition.version)}
      onChange={(version) => void navigate({ search: { version: Number(version) } })}
    />
  );
}

function Branches({ branches }: { branches: NonNullable<Definition['branches']> }) {
  return (
    <Table columns={['Branch', 'Operation', 'Time-out, attempts']}>
      {branches.map((branch) => (
        <tr key={branch.name}>
          <td>{branch.name}</td>
          <td className={table['code']}>{branch.operation}</td>
          <td>{limits(branch)}</td>
        </tr>
      ))}
    </Table>
  );
}

function Steps({ steps }: { steps: NonNullable<Definition['steps']> }) {
  return (
    <Table
      columns={[
        'Step',
        'Kind',
        'Action',
        'Time-out, attempts',
        'Compensation',
        'Time-out, attempts',
      ]}
    >
      {steps.flatMap(rowsOf).map((row) => (
        <tr key={row.name}>
          <td>{row.name}</td>
          <td>
            <Tag>{row.kind}</Tag>
          </td>
          <td className={table['code']}>{row.action}</td>
          <td>{row.actionTiming ? limits(row.actionTiming) : '–'}</td>
          <td className={table['code']}>{row.compensation ?? '–'}</td>
          <td>{row.compensationTiming ? limits(row.compensationTiming) : '–'}</td>
        </tr>
      ))}
    </Table>
  );
}

type Step = NonNullable<Definition['steps']>[number];

/** An atomic step is a row, followed by one for each of its branches. */
function rowsOf(step: Step): Step[] {
  const { branches = [], deadlineMs, maxRounds, kind } = step;
  if (deadlineMs === undefined || maxRounds === undefined) return [step];
  const head = {
    ...step,
    action: `atomic, until ${duration(deadlineMs)}, ${maxRounds} rounds`,
  };
  const rows = branches.map(({ name, operation, timeoutMs, maxAttempts, ...undo }) => ({
    ...undo,
    ...{ name: `${step.name} / ${name}`, kind, action: operation },
    actionTiming: { timeoutMs, maxAttempts },
  }));
  return [head, ...rows];
}

function limits({ timeoutMs, maxAttempts }: { timeoutMs: number; maxAttempts: number }): string {
  return `${duration(timeoutMs)}, ${maxAttempts}`;
}
