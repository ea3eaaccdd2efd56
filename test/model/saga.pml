/*
 * A saga of NP steps, compensatable ones and at the end the pivot, and the barrier at its participants.
 *
 * One row is the truth. NC coordinators act on it at once, each from a copy that may be stale; what they
 * write counts only when the copy still equals the row (compare-and-set). They die and come back. Messages
 * are sets that only grow: once sent, a message may arrive at any later time, again, in any order, also
 * after the end; one that never arrives is lost. Whoever waits may give up at any moment (time-out): an
 * unknown compensatable step is compensated itself, an unknown pivot is asked by `bar`.
 *
 *   ONCE    an action takes effect at most once, and is undone at most once and only after its effect
 *   DECIDE  the saga goes forward or turns back, never both
 *   ATOMIC  done: every action stays; compensated: none does; also with messages that linger
 *   NOHANG  no action takes effect after its compensation or its bar was answered
 *   LIVE    the saga ends
 *
 * Planted bugs, each of which the properties must find (see tools/model/plan.mjs):
 *   NO_FENCE   rows written without compare-and-set        NO_BARRIER   every delivery takes effect
 *   NO_NULLMARK a null compensation leaves the door open   EARLY_ACK    a compensation is taken for done
 *   SKIP_UNKNOWN an unknown step is not compensated        AROUND_PIVOT an unknown pivot is compensated around
 *   OPEN_BAR   `bar` leaves the door open                  NO_RESEND    a command goes out once, by who wanted it
 *   NO_RECOVER a dead coordinator stays dead
 */
#ifndef NP
#define NP 2               /* steps; the last one is the pivot */
#endif
#define NC 2               /* coordinators */
#ifndef MAX_CRASHES
#define MAX_CRASHES 2      /* of coordinators */
#endif
#define MAX_DUPLICATES 2   /* deliveries of one action, where each takes effect (NO_BARRIER) */

/* statuses of the row */
#define RUNNING 0
#define ASKING 1           /* the pivot is unknown: asked by bar */
#define COMPENSATING 2
#define COMPLETED 3
#define COMPENSATED 4
/* the barrier's row of an action */
#define NOTHING 0
#define SUCCEEDED 1
#define REJECTED 2
#define BARRED 3

/* the row */
byte st = RUNNING; byte step = 0;
/* the network: sets of what was ever sent */
bool toldAction[NP]; bool toldUndo[NP]; bool toldBar;
bool yes[NP]; bool no[NP]; bool undoneReply[NP]; bool barredReply;
/* the participants: barrier rows, and what really happened */
byte row[NP]; bool undoRow[NP];
byte applied[NP]; byte undone[NP];
/* the world: budgets; ghosts of what must not be */
byte crashes = 0; byte deliveries = 0; bool forward = false; bool back = false; bool hang = false;

#ifdef NO_FENCE
#define FRESH true
#else
#define FRESH (cst == st && k == step)
#endif
#define PIVOT (NP - 1)

inline moveTo(status, where) {
  if
  :: FRESH -> st = status; step = where;
       if :: st == COMPLETED -> forward = true
          :: st == COMPENSATING || st == COMPENSATED -> back = true
          :: else fi
  :: else
  fi
}

/* back from step k, which itself needs no undoing */
inline turnBackBefore() {
  if :: k == 0 -> moveTo(COMPENSATED, 0) :: else -> moveTo(COMPENSATING, k - 1) fi
}

inline send() {
  if
  :: cst == RUNNING -> toldAction[k] = true
  :: cst == ASKING -> toldBar = true
  :: cst == COMPENSATING -> toldUndo[k] = true
  :: else
  fi
}

proctype Coordinator() {
  byte cst; byte k;                        /* the copy it decides on */
start:
  if
  :: atomic { cst = st; k = step;
#ifdef NO_RESEND
       if :: cst == RUNNING && k == 0 -> send() :: else fi
#else
       send()
#endif
     }
  :: atomic { crashes < MAX_CRASHES -> crashes++ }; goto dead
  fi;
  do
  :: atomic { cst == RUNNING && yes[k] ->
       if :: k == PIVOT -> moveTo(COMPLETED, k) :: else -> moveTo(RUNNING, k + 1) fi; goto moved }
  :: atomic { cst == RUNNING && no[k] -> turnBackBefore(); goto moved }
  :: atomic { cst == RUNNING && k < PIVOT ->       /* unknown */
#ifdef SKIP_UNKNOWN
       turnBackBefore(); goto moved }
#else
       moveTo(COMPENSATING, k); goto moved }
#endif
  :: atomic { cst == RUNNING && k == PIVOT ->      /* unknown */
#ifdef AROUND_PIVOT
       turnBackBefore(); goto moved }
#else
       moveTo(ASKING, k); goto moved }
#endif
  :: atomic { cst == ASKING && yes[k] -> moveTo(COMPLETED, k); goto moved }
  :: atomic { cst == ASKING && (no[k] || barredReply) -> turnBackBefore(); goto moved }
#ifdef EARLY_ACK
  :: atomic { cst == COMPENSATING -> turnBackBefore(); goto moved }
#else
  :: atomic { cst == COMPENSATING && undoneReply[k] -> turnBackBefore(); goto moved }
#endif
  :: atomic { !(cst == st && k == step) -> goto start }
  :: cst == COMPLETED || cst == COMPENSATED -> goto finished
  :: atomic { crashes < MAX_CRASHES -> crashes++ }; goto dead
  od;
moved:
#ifdef NO_RESEND
  if
  :: atomic { crashes < MAX_CRASHES -> crashes++ }; goto dead
  :: atomic { cst = st; k = step; send() }
  fi;
#endif
  goto start;
dead:
  atomic { cst = 0; k = 0 };
#ifndef NO_RECOVER
  goto start;
#endif
finished:
  skip
}

inline takeEffect() {
  if :: undoRow[i] || row[i] == BARRED || (i == PIVOT && barredReply) -> hang = true :: else fi;
  applied[i]++
}

/* Deliveries that change nothing are left out: a state in which all have arrived is an end. */
proctype Participant(byte i) {
end:
  do
#ifdef NO_BARRIER
  :: atomic { toldAction[i] && deliveries < MAX_DUPLICATES -> deliveries++;
       takeEffect(); row[i] = SUCCEEDED; yes[i] = true }
#else
  :: atomic { toldAction[i] && row[i] == NOTHING ->
       if :: takeEffect(); row[i] = SUCCEEDED :: row[i] = REJECTED fi }
#endif
  :: atomic { toldAction[i] && row[i] == SUCCEEDED && !yes[i] -> yes[i] = true }
  :: atomic { toldAction[i] && (row[i] == REJECTED || row[i] == BARRED) && !no[i] -> no[i] = true }
  :: atomic { toldUndo[i] && !undoRow[i] -> undoRow[i] = true;
       if
       :: row[i] == SUCCEEDED -> undone[i]++
       :: row[i] == NOTHING ->             /* null compensation */
#ifndef NO_NULLMARK
            row[i] = BARRED
#else
            skip
#endif
       :: else
       fi }
  :: atomic { toldUndo[i] && undoRow[i] && !undoneReply[i] -> undoneReply[i] = true }
  :: atomic { i == PIVOT && toldBar && row[i] == NOTHING && !barredReply ->
#ifdef OPEN_BAR
       barredReply = true }
#else
       row[i] = BARRED; barredReply = true }
#endif
  :: atomic { i == PIVOT && toldBar && row[i] == SUCCEEDED && !yes[i] -> yes[i] = true }
  :: atomic { i == PIVOT && toldBar && row[i] == REJECTED && !no[i] -> no[i] = true }
  od
}

#define L (NP - 1)
#define UNDONE (applied[0] == undone[0] && applied[1] == undone[1] && applied[L] == undone[L])
#define STAYS(i) (applied[i] == 1 && undone[i] == 0)
#define ONCE(i) (applied[i] <= 1 && undone[i] <= applied[i])
#define DECIDE (!(forward && back))
#define ATOMIC ((st != COMPENSATED || UNDONE) && (st != COMPLETED || (STAYS(0) && STAYS(1) && STAYS(L))))

ltl safe { [] (ONCE(0) && ONCE(1) && ONCE(L) && DECIDE && ATOMIC && !hang) }
ltl live { <> (st == COMPLETED || st == COMPENSATED) }

init {
  byte j;
  atomic {
    for (j : 0 .. NC - 1) { run Coordinator() }
    for (j : 0 .. NP - 1) { run Participant(j) }
  }
}
