import { useMediaQuery } from '@mantine/hooks';

/** Whether there is no room beside the page: as in the style sheets. */
export function useIsNarrow(): boolean {
  return useMediaQuery('(max-width: 820px)', window.innerWidth <= 820);
}
