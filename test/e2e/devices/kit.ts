import { type Change, isGuarded } from "../../../src/core/store.ts";
import { Fault } from "../../../src/protocol/faults.ts";
import { TestApp, type TestOptions } from "../../kit/app.ts";
import type { TestClient } from "../../kit/client.ts";
import { until } from "../../kit/until.ts";

export const picoToken = "pico:literal@firmware";
export const cameraToken = "cam:literal@firmware";

/** A device that does not sit on the server's own machine: behind a proxy, whose word nobody asked for. */
export const outside = { "X-Forwarded-For": "203.0.113.9" };
export const bearer = (token: string) => ({ ...outside, Authorization: `Bearer ${token}` });

/** Pictures as far as a server looks into them: the first two bytes of a JPEG, and a number to tell them apart. */
export function jpeg(n: number, bytes = 200): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(bytes);
  data.set([0xff, 0xd8, 0xff, 0xe0, n]);
  return data;
}

/** Changes with an event of this type. */
export const tells =
  (type: string) =>
  ({ events = [] }: Change): boolean =>
    events.some((event) => event.type === type);

/** Changes that write with this in their SQL. */
export const writes =
  (sql: string) =>
  (change: Change): boolean =>
    (change.writes ?? []).some((write) =>
      (isGuarded(write) ? write.query : write).compile().sql.includes(sql),
    );

/** A server with known tokens, and what tests do with its devices. */
export class DeviceWorld {
  readonly app: TestApp;
  readonly staff: string;
  readonly admin: string;

  private constructor(app: TestApp, staff: string, admin: string) {
    this.app = app;
    this.staff = staff;
    this.admin = admin;
  }

  static async start({ flags = {}, ...options }: TestOptions = {}): Promise<DeviceWorld> {
    const tokens = { "pico-auth-tokens": picoToken, "esp32cam-auth-tokens": cameraToken };
    const app = await TestApp.start({ ...options, flags: { ...tokens, ...flags } });
    return new DeviceWorld(app, (await app.user("staff")).token, (await app.user("admin")).token);
  }

  pico(headers: Record<string, string> = bearer(picoToken)): Promise<TestClient> {
    return this.app.connect("/ws/pico", headers);
  }

  camera(headers: Record<string, string> = bearer(cameraToken)): Promise<TestClient> {
    return this.app.connect("/ws/esp32cam", headers);
  }

  /** A Pico that has said its name, and was acknowledged. */
  async namedPico(device = "kitchen", more: object = {}, headers = bearer(picoToken)): Promise<TestClient> {
    const pico = await this.pico(headers);
    await pico.next("connection_ack");
    pico.send({ type: "connect", device, version: "1.0.0", ...more });
    await pico.next("connection_ack");
    return pico;
  }

  /** A camera that has said its name. */
  async namedCamera(device = "porch", more: object = {}): Promise<TestClient> {
    const camera = await this.camera();
    await camera.next("connection_ack");
    camera.send({ type: "device_info", device, version: "2.1", ...more });
    await camera.next("connection_ack");
    return camera;
  }

  /** `/ws/devices`, its snapshot read. */
  async operator(query = ""): Promise<TestClient> {
    const operator = await this.app.connect(`/ws/devices?token=${this.staff}${query}`);
    if (query === "") await operator.next("devices");
    return operator;
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape.
  get(path: string, token = this.staff): Promise<any> {
    return this.app.json(this.app.fetch(`/api/devices${path}`, { token }));
  }

  post(path: string, body: object, token = this.staff): Promise<Response> {
    return this.app.post(`/api/devices${path}`, body, token);
  }

  delete(path: string, token = this.staff): Promise<Response> {
    return this.app.fetch(`/api/devices${path}`, { token, method: "DELETE" });
  }

  /** Gives a command that must be taken. */
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  async command(device: string, body: object): Promise<any> {
    const answer = await this.post(`/${device}/commands`, body);
    if (!answer.ok) throw new Error(`command refused with ${answer.status}: ${await answer.text()}`);
    return answer.json();
  }

  /** The command's state, once it is this one. */
  commandIs(device: string, id: string, state: string) {
    return until(
      () => this.get(`/${device}/commands/${id}`),
      (command) => command.state === state,
    );
  }

  /** The store does not take changes that fit, until the end of the block. */
  refusing(fits: (change: Change) => boolean): Disposable {
    const { store } = this.app.app;
    const { commit } = store;
    store.commit = (change) =>
      fits(change) ? Promise.reject(new Fault("unavailable")) : commit.call(store, change);
    return { [Symbol.dispose]: () => Object.assign(store, { commit }) };
  }

  /** The device, once it is in this state. */
  deviceIs(id: string, state: string) {
    return until(
      () => this.get(`/${id}`),
      (device) => device.state === state,
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.app[Symbol.asyncDispose]();
  }
}
