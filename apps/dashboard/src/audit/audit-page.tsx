import { TextInput } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { Page } from '../ui/page.js';
import { AuditPanel } from './audit-panel.js';

const route = getRouteApi('/audit');

/** The whole audit, newest first. */
export function AuditPage() {
  const { object } = route.useSearch();
  const navigate = route.useNavigate();
  const filter = (
    <TextInput
      key={object}
      aria-label="Object"
      placeholder="Id of a transaction or dead letter, Enter"
      w={320}
      defaultValue={object ?? ''}
      onKeyDown={(event) => {
        if (event.key !== 'Enter') return;
        const wanted = event.currentTarget.value.trim();
        void navigate({ search: { object: wanted === '' ? undefined : wanted } });
      }}
    />
  );
  return (
    <Page title="Audit" actions={filter}>
      <AuditPanel object={object} />
    </Page>
  );
}
