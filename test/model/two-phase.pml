/*
 * Two-phase commit, presumed abort, over PostgreSQL prepared transactions, or with -DTCC over tries that
 * nobody but the coordinator ever ends, or with -DDELEGATED as a decision left to the only branch.
 *
 * One row is the truth of the transaction. NC coordinators act on it at once, each from a copy that may be
 * stale; what they write counts only when the copy still equals the row (compare-and-set). They die and
 * come back. Messages are sets that only grow: once sent, a message may arrive at any later time, again,
 * in any order, also in a later round; one that never arrives is lost. A branch dies while it prepares.
 *
 *   AGREE   no branch commits in a round in which another rolled back
 *   VALID   what a branch did is what the row decided; to commit, all voted for it; no commit finds nothing
 *   DECIDE  one decision per round, never changed; after a commit there is no other round
 *   END     a transaction that is told committed or aborted is that at every branch
 *   LIVE    in the end the row is closed and nothing stays prepared, also at a branch that was asked late
 *
 * Planted bugs, each of which the properties must find (see tools/model/plan.mjs):
 *   SEND_FIRST commit is told before the decision is durable   NO_FENCE   rows written without compare-and-set
 *   SILENCE_YES silence at the deadline is taken for a yes     EARLY      one vote suffices to commit
 *   HEURISTIC  a branch in doubt rolls back by itself          ORPHAN_ABORT undecided is taken for abort
 *   ROUND_MIX  a vote counts in whatever round it comes        DELEGATED_ABORT a deadline aborts a delegated one
 *   NO_BAR     an abort that finds nothing leaves no row       NO_RECOVER a dead coordinator stays dead
 *   NO_RESEND  the decision is told once, by who took it
 */
#ifdef DELEGATED
#define NB 1
#define NR 1
#else
#define NB 2               /* branches */
#ifndef NR
#define NR 2               /* rounds */
#endif
#endif
#define NC 2               /* coordinators */
#ifndef MAX_CRASHES
#define MAX_CRASHES 2      /* of coordinators */
#endif
#define MAX_TROUBLE 1      /* prepares given up for trouble that may pass: another round may follow */

#define IX(r, b) ((r) * NB + (b))
#define ALL ((1 << NB) - 1)

/* statuses of the row */
#define PREPARING 0
#define COMMITTING 1
#define ABORTING 2
#define ENDED_COMMITTED 3
#define ENDED_ABORTED 4
/* decisions */
#define NONE 0
#define COMMIT 1
#define ABORT 2
/* what a branch has for a round: nothing, a handler at work, a prepared transaction, a row */
#define NOTHING 0
#define RUNNING 1
#define PREPARED 2
#define COMMITTED 3
#define BARRED 4
#define REFUSED 5
#define READ_ONLY 6

/* the row */
byte st = PREPARING; byte round = 0; byte voted = 0; bool again = false;
byte dec[NR];
/* the network: sets of what was ever sent, by round and branch */
bool toldPrepare[NR * NB]; bool toldCommit[NR * NB]; bool toldAbort[NR * NB];
bool yes[NR * NB]; bool no[NR * NB]; bool only[NR * NB]; bool acked[NR * NB];
/* the branches */
byte ps[NR * NB];
/* the world: the prepare deadline has passed; budgets; ghosts of what must not be */
bool late = false; byte crashes = 0; byte trouble = 0; byte deaths = 0;
bool changed = false; bool hazard = false; bool against = false;

#ifdef NO_FENCE
#define FRESH true
#else
#define FRESH (cst == st && crd == round && cvt == voted)
#endif

#ifdef ROUND_MIX
#define VOTED_YES(b) (yes[IX(0, b)] || only[IX(0, b)] || yes[IX(crd, b)] || only[IX(crd, b)])
#else
#define VOTED_YES(b) (yes[IX(crd, b)] || only[IX(crd, b)])
#endif
#define IS_ONLY(r, b) (only[IX(r, b)] && ps[IX(r, b)] == READ_ONLY)
#define ANSWERED(r, b) (acked[IX(r, b)] || IS_ONLY(r, b))

inline decide(what) {
  if :: dec[crd] != NONE && dec[crd] != what -> changed = true :: else fi;
  dec[crd] = what; round = crd; voted = cvt;
  if :: what == COMMIT -> st = COMMITTING :: else -> st = ABORTING fi
}

#ifdef EARLY
#define SUFFICES(votes) (votes != 0)
#else
#define SUFFICES(votes) (votes == ALL)
#endif

inline count(vote) {
  if
  :: FRESH && SUFFICES((cvt | vote)) -> cvt = cvt | vote;
#ifdef SEND_FIRST
       for (b : 0 .. NB - 1) { toldCommit[IX(crd, b)] = true }; b = 0; goto told
#else
       decide(COMMIT); goto decided
#endif
  :: FRESH && !SUFFICES((cvt | vote)) -> cvt = cvt | vote; voted = cvt; round = crd; st = cst
  :: else -> goto start
  fi
}

inline send() {
  if
  :: cst == PREPARING -> for (b : 0 .. NB - 1) { toldPrepare[IX(crd, b)] = true }
  :: cst == COMMITTING -> for (b : 0 .. NB - 1) {
       if :: IS_ONLY(crd, b) -> skip :: else -> toldCommit[IX(crd, b)] = true fi }
  :: cst == ABORTING -> for (b : 0 .. NB - 1) { toldAbort[IX(crd, b)] = true }
  :: else
  fi;
  b = 0
}

proctype Coordinator() {
  byte cst; byte crd; byte cvt; byte b;      /* the copy it decides on */
start:
  if
  :: atomic { cst = st; crd = round; cvt = voted;
#ifdef NO_RESEND
       if :: cst == PREPARING -> send() :: else fi
#else
       send()
#endif
     }
  :: atomic { crashes < MAX_CRASHES -> crashes++ }; goto dead
  fi;
  do
  /* a vote is kept, and the last one decides */
  :: atomic { cst == PREPARING && VOTED_YES(0) && !(cvt & 1) -> count(1) }
#if NB > 1
  :: atomic { cst == PREPARING && VOTED_YES(1) && !(cvt & 2) -> count(2) }
#endif
  :: atomic { cst == PREPARING && (no[IX(crd, 0)] || no[IX(crd, NB - 1)]) ->
       if :: FRESH -> again = false; decide(ABORT) :: else fi; goto decided }
#ifndef DELEGATED
  :: atomic { cst == PREPARING && trouble < MAX_TROUBLE ->
       if :: FRESH -> trouble++; again = true; decide(ABORT) :: else fi; goto decided }
#endif
#if !defined(DELEGATED) || defined(DELEGATED_ABORT)
  :: atomic { cst == PREPARING && late ->
#ifdef SILENCE_YES
       if :: FRESH -> decide(COMMIT) :: else fi; goto decided }
#else
       if :: FRESH -> again = false; decide(ABORT) :: else fi; goto decided }
#endif
#endif
  /* told until acknowledged */
  :: atomic { cst == COMMITTING && ANSWERED(crd, 0) && ANSWERED(crd, NB - 1) ->
       if :: FRESH -> st = ENDED_COMMITTED :: else fi; goto start }
  :: atomic { cst == ABORTING && acked[IX(crd, 0)] && acked[IX(crd, NB - 1)] ->
       if
       :: FRESH && again && !late && crd < NR - 1 ->
            st = PREPARING; round = crd + 1; voted = 0; again = false
       :: FRESH && !(again && !late && crd < NR - 1) -> st = ENDED_ABORTED
       :: !FRESH
       fi; goto start }
  :: atomic { !(cst == st && crd == round && cvt == voted) -> goto start }
  :: cst == ENDED_COMMITTED || cst == ENDED_ABORTED -> goto finished
  :: atomic { crashes < MAX_CRASHES -> crashes++ }; goto dead
  od;
told:
  /* SEND_FIRST alone comes here: between telling and deciding it may die, or lose the race */
  if
  :: atomic { crashes < MAX_CRASHES -> crashes++ }; goto dead
  :: atomic { st == PREPARING && round == crd -> decide(COMMIT) }
  :: atomic { !(st == PREPARING && round == crd) }
  fi;
decided:
#ifdef NO_RESEND
  /* it dies here, or it tells */
  if
  :: atomic { crashes < MAX_CRASHES -> crashes++ }; goto dead
  :: atomic { cst = st; crd = round; cvt = voted; send() }
  fi;
#endif
  goto start;
dead:
  atomic { cst = 0; crd = 0; cvt = 0; b = 0 };
#ifndef NO_RECOVER
  goto start;
#endif
finished:
  skip
}

/* What an inquiry is answered: it inserts abort for an undecided round past its prepare deadline. */
inline inquire(r) {
#ifdef ORPHAN_ABORT
  if :: dec[r] == NONE -> ps[IX(r, b)] = BARRED :: else fi;
#else
  if :: dec[r] == NONE -> dec[r] = ABORT; again = false; st = ABORTING :: else fi;
#endif
  if
  :: dec[r] == COMMIT -> ps[IX(r, b)] = COMMITTED
  :: dec[r] == ABORT -> ps[IX(r, b)] = BARRED
  :: else
  fi
}

#ifdef ORPHAN_ABORT
#define ANSWERS(r) true
#else
#define ANSWERS(r) (dec[r] != NONE || late)
#endif

#define PARTICIPATE(r) \
  :: atomic { toldPrepare[IX(r, b)] && ps[IX(r, b)] == NOTHING -> ps[IX(r, b)] = RUNNING } \
  :: atomic { ps[IX(r, b)] == RUNNING -> \
       if :: ps[IX(r, b)] = VOTES_FOR; \
          :: ps[IX(r, b)] = REFUSED; \
          :: MAY_READ_ONLY -> ps[IX(r, b)] = READ_ONLY; \
          :: deaths == 0 -> deaths = 1; ps[IX(r, b)] = NOTHING; \
       fi } \
  :: atomic { toldPrepare[IX(r, b)] && ps[IX(r, b)] == VOTES_FOR && !yes[IX(r, b)] -> yes[IX(r, b)] = true } \
  :: atomic { toldPrepare[IX(r, b)] && ps[IX(r, b)] == REFUSED && !no[IX(r, b)] -> no[IX(r, b)] = true } \
  :: atomic { toldPrepare[IX(r, b)] && ps[IX(r, b)] == READ_ONLY && !only[IX(r, b)] -> only[IX(r, b)] = true } \
  :: atomic { toldCommit[IX(r, b)] && ps[IX(r, b)] == PREPARED -> ps[IX(r, b)] = COMMITTED } \
  :: atomic { toldCommit[IX(r, b)] && (ps[IX(r, b)] == COMMITTED || ps[IX(r, b)] == READ_ONLY) && !acked[IX(r, b)] -> \
       acked[IX(r, b)] = true } \
  :: atomic { toldCommit[IX(r, b)] && !hazard && (ps[IX(r, b)] == NOTHING || ps[IX(r, b)] == BARRED || ps[IX(r, b)] == REFUSED) -> \
       hazard = true } \
  :: atomic { toldAbort[IX(r, b)] && (ps[IX(r, b)] == PREPARED || ps[IX(r, b)] == NOTHING) && CAN_ABORT(r) -> ROLL_BACK(r) } \
  :: atomic { toldAbort[IX(r, b)] && (ps[IX(r, b)] == BARRED || ps[IX(r, b)] == REFUSED || ps[IX(r, b)] == READ_ONLY) && !acked[IX(r, b)] -> \
       acked[IX(r, b)] = true } \
  :: atomic { toldAbort[IX(r, b)] && !against && ps[IX(r, b)] == COMMITTED -> against = true } \
  INQUIRE(r) \
  HEURISTICALLY(r)

#ifdef DELEGATED
#define VOTES_FOR COMMITTED
#define MAY_READ_ONLY false
#else
#define VOTES_FOR PREPARED
#define MAY_READ_ONLY (b == 0)
#endif
#ifdef NO_BAR
#define CAN_ABORT(r) (!acked[IX(r, b)])
#define ROLL_BACK(r) if :: ps[IX(r, b)] == PREPARED -> ps[IX(r, b)] = BARRED :: else -> acked[IX(r, b)] = true fi
#else
#define CAN_ABORT(r) true
#define ROLL_BACK(r) ps[IX(r, b)] = BARRED
#endif
#if defined(TCC) || defined(DELEGATED)
#define INQUIRE(r)
#else
#define INQUIRE(r) :: atomic { ps[IX(r, b)] == PREPARED && ANSWERS(r) -> inquire(r) }
#endif
#ifdef HEURISTIC
#define HEURISTICALLY(r) :: atomic { ps[IX(r, b)] == PREPARED -> ps[IX(r, b)] = BARRED }
#else
#define HEURISTICALLY(r)
#endif

proctype Branch(byte b) {
end:
  do
  PARTICIPATE(0)
#if NR > 1
  PARTICIPATE(1)
#endif
  od
}

proctype Clock() { late = true }

#define OUT(r, b) (ps[IX(r, b)] == BARRED || ps[IX(r, b)] == REFUSED)
#define IN(r, b) (ps[IX(r, b)] == COMMITTED)
#define HELD(r, b) (ps[IX(r, b)] == PREPARED || ps[IX(r, b)] == RUNNING)
#define L (NB - 1)

#define AGREE(r) (!(IN(r, 0) && OUT(r, L)) && !(IN(r, L) && OUT(r, 0)))
#ifdef DELEGATED
#define VALID(r) (!(IN(r, 0) && dec[r] == ABORT) && !(OUT(r, 0) && dec[r] == COMMIT))
#else
#define VALID(r) ((!(IN(r, 0) || IN(r, L)) || dec[r] == COMMIT) && \
  (!(ps[IX(r, 0)] == BARRED || ps[IX(r, L)] == BARRED) || dec[r] == ABORT) && \
  (dec[r] != COMMIT || (!OUT(r, 0) && !OUT(r, L) && ps[IX(r, 0)] >= PREPARED && ps[IX(r, L)] >= PREPARED)))
#endif
#define DONE(r, b) (IN(r, b) || ps[IX(r, b)] == READ_ONLY)
#define LAST (NR - 1)
#if NR > 1
#define EVERY(p) (p(0) && p(1))
#define FINAL (!(dec[0] == COMMIT && (round > 0 || dec[1] != NONE)))
#define CLEAN (!HELD(0, 0) && !HELD(0, L) && !HELD(1, 0) && !HELD(1, L))
#else
#define EVERY(p) p(0)
#define FINAL true
#define CLEAN (!HELD(0, 0) && !HELD(0, L))
#endif
#define END ((st != ENDED_COMMITTED || (DONE(round, 0) && DONE(round, L))) && \
  (st != ENDED_ABORTED || (!IN(0, 0) && !IN(0, L) && !IN(LAST, 0) && !IN(LAST, L))))
#define CLOSED (st == ENDED_COMMITTED || st == ENDED_ABORTED)

ltl safe { [] (EVERY(AGREE) && EVERY(VALID) && FINAL && END && !changed && !hazard && !against) }
ltl live { <> [] (CLOSED && CLEAN) }

init {
  byte j;
  atomic {
    for (j : 0 .. NC - 1) { run Coordinator() }
    for (j : 0 .. NB - 1) { run Branch(j) }
    run Clock()
  }
}
