import { Button, Menu, Modal, Textarea } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconChevronDown, IconExternalLink, IconSettings } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Schemas } from '../api/client.js';
import { configurationQuery } from '../api/queries.js';
import classes from './action-dialog.module.css';
import { linkOf, useLinkTemplates, type LinkTemplate } from './links.js';

/** Ways into the tools where traces and logs are, and the templates for them. */
export function LinksMenu({ id, definition }: { id: string; definition: string }) {
  const [templates, setTemplates] = useLinkTemplates();
  const { data } = useQuery(configurationQuery());
  const all = [...configured(data?.links), ...templates];
  const [isOpen, dialog] = useDisclosure(false);
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={14} />}>
            Links
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {all.map((template) => (
            <Menu.Item
              key={template.name}
              component="a"
              href={linkOf(template, { id, definition })}
              target="_blank"
              rel="noreferrer"
              leftSection={<IconExternalLink size={15} />}
            >
              {template.name}
            </Menu.Item>
          ))}
          <Menu.Item leftSection={<IconSettings size={15} />} onClick={dialog.open}>
            Set up links …
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {isOpen && <LinksDialog templates={templates} save={setTemplates} close={dialog.close} />}
    </>
  );
}

/** Those of the coordinator's configuration, in the words of ours. */
function configured(links: Schemas['Configuration']['links'] | undefined): LinkTemplate[] {
  const named = [
    ['Trace', links?.trace],
    ['Logs', links?.log],
  ] as const;
  return named.flatMap(([name, url]) =>
    url ? [{ name, url: url.replaceAll('{transaction}', '{id}') }] : [],
  );
}

interface LinksDialogProps {
  readonly templates: readonly LinkTemplate[];
  readonly save: (templates: LinkTemplate[]) => void;
  readonly close: () => void;
}

function LinksDialog({ templates, save, close }: LinksDialogProps) {
  const [text, setText] = useState(templates.map(({ name, url }) => `${name} = ${url}`).join('\n'));
  const read = text
    .split('\n')
    .map((line) => /^\s*([^=]+?)\s*=\s*(\S+)\s*$/.exec(line))
    .flatMap((match) => (match ? [{ name: match[1] ?? '', url: match[2] ?? '' }] : []));
  const wrong = read.find((template) => !linkOf(template, { id: 'x', definition: 'x' }));
  return (
    <Modal opened onClose={close} title="Links to traces and logs" size="lg">
      <div className={classes['form']}>
        <Textarea
          label="One per line: name = address"
          description="{id} and {definition} are filled in. Kept in this browser."
          placeholder="Traces = http://127.0.0.1:16686/search?service=skald&tags={id}"
          autosize
          minRows={4}
          value={text}
          error={wrong && `${wrong.name}: an address begins with http:// or https://`}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <div className={classes['buttons']}>
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button
            disabled={wrong !== undefined}
            onClick={() => {
              save(read);
              close();
            }}
          >
            Save
          </Button>
        </div>
      </div>
    </Modal>
  );
}
