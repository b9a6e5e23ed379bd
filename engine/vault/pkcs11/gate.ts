// All threads of a process share one PKCS#11 module. Ending it (C_Finalize) while another thread is inside a call is undefined
// behaviour, and a session number from before a restart may belong to another thread after it. So calls pass a gate in shared
// memory: it counts who is inside, closes for a restart, and has a number that grows with each.

const INSIDE = 0;
const CLOSED = 1;
const EPOCH = 2;
/** How long a restart waits for calls to come back, milliseconds. */
const PATIENCE = 3000;

/** Shared numbers of a gate; goes to every thread. */
export function makeGate(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(12));
}

/** Runs `call` inside the gate. False: it is closed, and `call` was not run. */
export function enterGate(gate: Int32Array, call: () => void): boolean {
  Atomics.add(gate, INSIDE, 1);
  try {
    if (Atomics.load(gate, CLOSED) === 1) return false;
    call();
    return true;
  } finally {
    Atomics.sub(gate, INSIDE, 1);
    Atomics.notify(gate, INSIDE);
  }
}

/** How often the module was restarted. */
export function epochOf(gate: Int32Array): number {
  return Atomics.load(gate, EPOCH);
}

/**
 * Runs `restart` while nobody is inside. False: somebody did not come back in time (a hanging module, or a thread that ended in the
 * middle of a call, which is then never counted out); only a restart of the process helps.
 */
export function closeGate(gate: Int32Array, restart: () => void): boolean {
  Atomics.store(gate, CLOSED, 1);
  try {
    const until = performance.now() + PATIENCE;
    for (let inside = Atomics.load(gate, INSIDE); inside > 0; inside = Atomics.load(gate, INSIDE)) {
      if (performance.now() > until) return false;
      Atomics.wait(gate, INSIDE, inside, 50);
    }
    Atomics.add(gate, EPOCH, 1);
    restart();
    return true;
  } finally {
    Atomics.store(gate, CLOSED, 0);
  }
}
