import { Burger } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link, Outlet } from '@tanstack/react-router';
import { useRef } from 'react';
import { LiveIndicator } from '../live/live-indicator.js';
import { useLiveBase } from '../live/live.js';
import logo from '../theme/skald.svg';
import { Navigation } from './navigation.js';
import { SchemeToggle } from './scheme-toggle.js';
import { Search } from './search.js';
import classes from './shell.module.css';
import { ShortcutsHelp } from './shortcuts-help.js';
import { useShortcuts } from './shortcuts.js';

/** What surrounds every page: menu, search, and whether what is seen is live. */
export function Shell() {
  const [isMenuOpen, menu] = useDisclosure(false);
  const [isHelpOpen, help] = useDisclosure(false);
  const search = useRef<HTMLInputElement>(null);
  useLiveBase();
  useShortcuts({ search: () => search.current?.focus(), help: help.open });
  return (
    <div className={classes['shell']}>
      <a className={classes['skip']} href="#main">
        Skip to the page
      </a>
      <header className={classes['header']}>
        <Burger
          className={classes['burger'] ?? ''}
          size="xs"
          opened={isMenuOpen}
          onClick={menu.toggle}
          aria-label={isMenuOpen ? 'Close the menu' : 'Open the menu'}
        />
        <Link to="/" className={classes['brand']} aria-label="Skald, overview">
          <img src={logo} alt="" width={22} height={22} />
          <span>Skald</span>
        </Link>
        <Search ref={search} />
        <div className={classes['tools']}>
          <LiveIndicator />
          <ShortcutsHelp isOpen={isHelpOpen} open={help.open} close={help.close} />
          <SchemeToggle />
        </div>
      </header>
      <Navigation isOpen={isMenuOpen} close={menu.close} />
      <main id="main" className={classes['main']} tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  );
}
