import { Kbd, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useState, type Ref } from 'react';
import classes from './search.module.css';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A whole id leads to its transaction, anything else to the list of what contains it. */
export function Search({ ref }: { ref: Ref<HTMLInputElement> }) {
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const go = () => {
    const wanted = text.trim();
    if (wanted === '') return;
    if (UUID.test(wanted)) {
      void navigate({ to: '/transactions/$id', params: { id: wanted.toLowerCase() } });
    } else {
      void navigate({ to: '/transactions', search: { q: wanted } });
    }
    setText('');
  };
  return (
    <form
      className={classes['search']}
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        go();
      }}
    >
      <TextInput
        ref={ref}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        placeholder="Search by id, label or text"
        aria-label="Search transactions"
        leftSection={<IconSearch size={15} aria-hidden />}
        rightSection={<Kbd size="xs">/</Kbd>}
      />
    </form>
  );
}
