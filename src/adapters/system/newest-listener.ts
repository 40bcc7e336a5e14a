import { dlopen, type Pointer, ptr } from "bun:ffi";
import { readdirSync } from "node:fs";
import { linkOf, listeningInodes } from "./processes.ts";

/** The C library, as glibc and as musl name it. */
const libraries = ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`];
/** Numbers of Linux, from asm-generic/socket.h. */
const solSocket = 1;
const attachReusePortFilter = 51;

/**
 * Of our sockets that share a port, the newest alone is to get new connections: otherwise the kernel deals them out
 * among all. Called for the first of them, it holds as long as one is open. `false` where the system cannot do it: it
 * is not Linux, or forbids it.
 */
export function preferNewestListener(port: number): boolean {
  try {
    const inodes = listeningInodes(port);
    const own = readdirSync("/proc/self/fd").filter((fd) => inodes.has(linkOf(`/proc/self/fd/${fd}`)));
    return own.length > 0 && own.every((fd) => attachFilter(Number(fd)));
  } catch {
    return false;
  }
}

/**
 * A filter of one instruction, "return 1": the second socket. Where there is none, since the older one has gone, the
 * kernel takes the first.
 */
function attachFilter(fd: number): boolean {
  // struct sock_filter { u16 code = BPF_RET | BPF_K; u8 jt, jf; u32 k }
  const filter = new Uint8Array([0x06, 0, 0, 0, 1, 0, 0, 0]);
  // struct sock_fprog { u16 length; struct sock_filter *filter }
  const program = new DataView(new ArrayBuffer(16));
  program.setUint16(0, 1, true);
  program.setBigUint64(8, BigInt(ptr(filter)), true);
  return setSocketOption(fd, ptr(program), program.byteLength) === 0;
}

function setSocketOption(fd: number, value: Pointer, bytes: number): number {
  const { symbols, close } = openLibrary();
  try {
    return symbols.setsockopt(fd, solSocket, attachReusePortFilter, value, bytes);
  } finally {
    close();
  }
}

function openLibrary() {
  const setsockopt = { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" } as const;
  for (const library of libraries) {
    try {
      return dlopen(library, { setsockopt });
    } catch {
      // Another C library, then.
    }
  }
  throw new Error(`none of ${libraries.join(", ")} is here`);
}
