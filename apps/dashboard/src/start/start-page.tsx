import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { definitionQuery, definitionsQuery, transactionQuery } from '../api/queries.js';
import { emptyOf, type Schema } from '../schema-form/schema.js';
import { Page, Panel } from '../ui/page.js';
import { Empty, Failed, Loading } from '../ui/states.js';
import { StartForm } from './start-form.js';

const route = getRouteApi('/start');

/** Starting a transaction by hand: from nothing, or like another. */
export function StartPage() {
  const { definition, like } = route.useSearch();
  const navigate = route.useNavigate();
  const definitions = useQuery(definitionsQuery());
  const names = definitions.data?.items
    .filter(({ isRegistered }) => isRegistered)
    .map(({ name }) => name);
  return (
    <Page title="Start a transaction">
      <Panel>
        <Select
          label="Definition"
          placeholder="Which?"
          maw={360}
          data={[...new Set(names)]}
          value={definition ?? null}
          allowDeselect={false}
          onChange={(chosen) => void navigate({ search: { definition: chosen ?? undefined } })}
        />
      </Panel>
      {definition ? (
        <Prepared key={`${definition}/${like ?? ''}`} name={definition} like={like} />
      ) : (
        <Empty title="Choose a definition">Its input schema becomes a form.</Empty>
      )}
    </Page>
  );
}

function Prepared({ name, like }: { name: string; like: string | undefined }) {
  const definition = useQuery(definitionQuery(name));
  const model = useQuery({ ...transactionQuery(like ?? ''), enabled: like !== undefined });
  const error = definition.error ?? model.error;
  if (error) return <Failed error={error} />;
  if (!definition.data || (like !== undefined && !model.data)) return <Loading />;
  const schema: Schema = definition.data.inputSchema;
  const labels = Object.entries(model.data?.labels ?? {});
  return (
    <StartForm
      definition={name}
      schema={schema}
      initialInput={model.data ? model.data.input : emptyOf(schema)}
      initialLabels={labels.map(([label, value]) => `${label}:${value}`)}
    />
  );
}
