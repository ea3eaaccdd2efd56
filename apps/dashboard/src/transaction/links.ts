import { useLocalStorage } from '@mantine/hooks';

/** A way from a transaction into another tool: traces, logs. */
export interface LinkTemplate {
  readonly name: string;
  /** With `{id}` and `{definition}`. */
  readonly url: string;
}

/** The templates of this browser. */
export function useLinkTemplates() {
  return useLocalStorage<LinkTemplate[]>({ key: 'skald-links', defaultValue: [] });
}

/** The address for a transaction; undefined unless it leads to a web page. */
export function linkOf(
  { url }: LinkTemplate,
  { id, definition }: { readonly id: string; readonly definition: string },
): string | undefined {
  const filled = url
    .replaceAll('{id}', encodeURIComponent(id))
    .replaceAll('{definition}', encodeURIComponent(definition));
  return /^https?:\/\//.test(filled) && URL.canParse(filled) ? filled : undefined;
}
