/* Downloads, from a small server on this machine that can be told to misbehave. */
#include "testing.h"

#include "data/fetch.h"
#include "io/file.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

enum { BYTES = 100000 };

/* The first directory of the path says how the server behaves. It appends one line per request to the file
 * "requests". */
static const char SERVER[] =
    "import http.server, os, re, ssl, sys\n"
    "class Handler(http.server.BaseHTTPRequestHandler):\n"
    "    def do_GET(self):\n"
    "        mode, name = self.path.strip('/').split('/')\n"
    "        header = self.headers.get('Range') or 'all'\n"
    "        with open('requests', 'a') as log: print(mode, name, header, file=log)\n"
    "        if mode == 'moved':\n"
    "            self.send_response(302)\n"
    "            self.send_header('Location', '/range/' + name)\n"
    "            self.send_header('Content-Length', '5')\n"
    "            self.end_headers()\n"
    "            self.wfile.write(b'moved')\n"
    "            return\n"
    "        if mode == 'missing' or not os.path.exists(name): return self.send_error(404)\n"
    "        with open(name, 'rb') as file: body = file.read()\n"
    "        if mode == 'wrong': body = body[:-1] + bytes([body[-1] ^ 1])\n"
    "        if mode == 'long': body += b'more'\n"
    "        if mode == 'short': body = body[:-4]\n"
    "        first = re.match(r'bytes=(\\d+)-$', header) if mode != 'whole' else None\n"
    "        start = int(first[1]) if first else 0\n"
    "        self.send_response(206 if first else 200)\n"
    "        if first: self.send_header('Content-Range', f'bytes {start}-{len(body) - 1}/{len(body)}')\n"
    "        if mode != 'long': self.send_header('Content-Length', str(len(body) - start))\n"
    "        self.end_headers()\n"
    "        self.wfile.write(body[start:start + 30000] if mode == 'cut' else body[start:])\n"
    "    def log_message(self, *arguments): pass\n"
    "server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)\n"
    "if os.path.exists('key'):\n"
    "    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n"
    "    context.load_cert_chain('certificate', 'key')\n"
    "    server.socket = context.wrap_socket(server.socket, server_side=True)\n"
    "print(server.server_address[1], flush=True)\n"
    "server.serve_forever()\n";

static despur_error error;
static pid_t server;
static int port;               /* 0: there is no python3 */
static char served[128];       /* what the server offers */
static char directory[128];    /* where the files go */
static uint8_t content[BYTES]; /* of "big" */
static char sums[2][SHA256_HEX];
static char lines[8192]; /* what the observer was told */
static remote_set set;

/* ---- files ---- */

static const char *in(const char *where, const char *name) {
  static char paths[4][300];
  static int next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", where, name);
  return path;
}

static void put(const char *path, const void *data, size_t bytes) {
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(data, 1, bytes, file) != bytes || fclose(file) != 0) fail_msg("cannot write %s", path);
}

static void expect_content(const char *path, const void *wanted, size_t wanted_bytes) {
  char *data;
  size_t bytes;
  assert_ok(file_read(&data, &bytes, path, 1 << 20, &error));
  assert_int_equal(bytes, wanted_bytes);
  assert_memory_equal(data, wanted, wanted_bytes);
  free(data);
}

static void expect_complete(void) {
  expect_content(in(directory, "big"), content, BYTES);
  expect_content(in(directory, "small"), "abc", 3);
  assert_false(file_exists(in(directory, "big.partial")));
  assert_false(file_exists(in(directory, "small.partial")));
}

static void expect_requests(const char *wanted) {
  char *log;
  size_t bytes;
  assert_ok(file_read(&log, &bytes, in(served, "requests"), 1 << 20, &error));
  assert_string_equal(log, wanted);
  free(log);
}

/* ---- server ---- */

/* Its process; *at_port stays 0 when python3 cannot be started. It speaks TLS when there is a file "key". */
static pid_t start_server(int *at_port) {
  int ends[2];
  if (pipe(ends) != 0) return -1;
  pid_t process = fork();
  if (process == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    if (chdir(served) == 0) execlp("python3", "python3", "-c", SERVER, (char *)NULL);
    _exit(127);
  }
  close(ends[1]);
  FILE *from = fdopen(ends[0], "r");
  if (!from || fscanf(from, "%d", at_port) != 1) *at_port = 0;
  if (from) fclose(from);
  return process;
}

static void stop_server(pid_t process) {
  if (process <= 0) return;
  kill(process, SIGTERM);
  waitpid(process, NULL, 0);
}

static int start_all(void **state) {
  (void)state;
  temporary_directory(served);
  for (uint32_t i = 0; i < BYTES; i++) content[i] = (uint8_t)(i * i >> 7);
  put(in(served, "big"), content, BYTES);
  put(in(served, "small"), "abc", 3);
  if (file_sha256(in(served, "big"), sums[0], &error) != DESPUR_OK) return -1;
  /* FIPS 180-4's own example */
  strcpy(sums[1], "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  set = (remote_set){"test",
                     {"https://127.0.0.1:1/first", "https://127.0.0.1:1/second"},
                     {{"big", BYTES, sums[0]}, {"small", 3, sums[1]}}};
  server = start_server(&port);
  return 0;
}

static int stop_all(void **state) {
  (void)state;
  stop_server(server);
  return 0;
}

static int start(void **state) {
  (void)state;
  temporary_directory(directory);
  put(in(served, "requests"), "", 0);
  lines[0] = 0;
  unsetenv("DESPUR_MIRROR");
  return 0;
}

static int note(void *context, const char *line) {
  (void)context;
  size_t used = strlen(lines);
  assert_null(strchr(line, '\n'));
  snprintf(lines + used, sizeof lines - used, "%s\n", line);
  return 0;
}

static int refuse(void *context, const char *line) {
  note(context, line);
  return 1;
}

static despur_status fetch(const char *mode) {
  char mirror[128];
  if (!port) skip();
  snprintf(mirror, sizeof mirror, "http://127.0.0.1:%d/%s", port, mode);
  setenv("DESPUR_MIRROR", mirror, 1);
  despur_status status = fetch_set(&set, directory, note, NULL, &error);
  if (status != DESPUR_OK && strstr(error.message, "without libcurl")) skip();
  return status;
}

/* ---- tests ---- */

static void all_files_arrive_in_a_new_directory(void **state) {
  (void)state;
  snprintf(directory + strlen(directory), sizeof directory - strlen(directory), "/new/one");
  assert_ok(fetch("range/"));
  expect_complete();
  expect_requests("range big all\nrange small all\n");
  assert_non_null(strstr(lines, "big: 100,000 bytes from http://127.0.0.1:"));
  assert_non_null(strstr(lines, "test: complete in "));
}

static void files_with_the_right_sum_are_kept(void **state) {
  (void)state;
  put(in(directory, "small"), "abc", 3);
  assert_ok(fetch("range"));
  expect_complete();
  expect_requests("range big all\n");
  assert_non_null(strstr(lines, "small: already there\n"));
}

static void a_file_of_another_content_is_not_replaced(void **state) {
  (void)state;
  char there[15] = "";
  put(in(directory, "big"), "something else", 14);
  assert_fails(fetch("range"), DESPUR_BAD_USAGE, "big: exists, and is not the file of test; remove it");
  expect_requests("");
  FILE *file = fopen(in(directory, "big"), "rb");
  assert_non_null(file);
  assert_int_equal(fread(there, 1, sizeof there, file), 14);
  fclose(file);
  assert_string_equal(there, "something else");
}

static void a_partial_file_is_continued(void **state) {
  (void)state;
  put(in(directory, "big.partial"), content, 70000);
  assert_ok(fetch("range"));
  expect_complete();
  expect_requests("range big bytes=70000-\nrange small all\n");
}

static void a_finished_partial_file_needs_no_request(void **state) {
  (void)state;
  put(in(directory, "big.partial"), content, BYTES);
  assert_ok(fetch("range"));
  expect_complete();
  expect_requests("range small all\n");
}

static void a_mirror_that_cannot_continue_sends_everything(void **state) {
  (void)state;
  put(in(directory, "big.partial"), content, 70000);
  assert_ok(fetch("whole"));
  expect_complete();
}

static void a_partial_file_that_is_wrong_or_too_long_is_fetched_anew(void **state) {
  (void)state;
  put(in(directory, "big.partial"), "not the beginning", 17);
  put(in(directory, "small.partial"), "abcdef", 6);
  assert_ok(fetch("range"));
  expect_complete();
  expect_requests("range big bytes=17-\nrange big all\nrange small all\n");
}

static void a_connection_that_breaks_leaves_a_part_to_continue_from(void **state) {
  (void)state;
  assert_fails(fetch("cut"), DESPUR_BAD_INPUT, "/cut/big: ");
  expect_content(in(directory, "big.partial"), content, 30000);
  assert_false(file_exists(in(directory, "big")));
  assert_ok(fetch("range"));
  expect_complete();
  expect_requests("cut big all\nrange big bytes=30000-\nrange small all\n");
}

static void a_wrong_sum_is_an_error_and_leaves_nothing(void **state) {
  (void)state;
  char wanted[200];
  snprintf(wanted, sizeof wanted, "/wrong/big: expected a file with SHA-256 %s, found ", sums[0]);
  assert_fails(fetch("wrong"), DESPUR_BAD_INPUT, wanted);
  assert_false(file_exists(in(directory, "big")));
  assert_false(file_exists(in(directory, "big.partial")));
  expect_requests("wrong big all\n");
}

static void other_answers_than_the_file_are_errors(void **state) {
  (void)state;
  assert_fails(fetch("missing"), DESPUR_BAD_INPUT, "404");
  assert_fails(fetch("moved"), DESPUR_BAD_INPUT, "/moved/big: expected the file, found HTTP status 302");
  assert_fails(fetch("long"), DESPUR_BAD_INPUT, "/long/big: expected 100,000 bytes, found more");
  assert_false(file_exists(in(directory, "big.partial")));
  assert_fails(fetch("short"), DESPUR_BAD_INPUT, "/short/big: expected 100,000 bytes, found 99,996");
  assert_false(file_exists(in(directory, "big")));
}

static void the_observer_can_stop_it(void **state) {
  (void)state;
  char mirror[128];
  if (!port) skip();
  snprintf(mirror, sizeof mirror, "http://localhost:%d/range", port);
  setenv("DESPUR_MIRROR", mirror, 1);
  despur_status status = fetch_set(&set, directory, refuse, NULL, &error);
  if (strstr(error.message, "without libcurl")) skip();
  assert_int_equal(status, DESPUR_INTERRUPTED);
  expect_requests("");
}

static void only_https_and_this_machine_are_spoken_to(void **state) {
  (void)state;
  static const char *const REFUSED[] = {"http://example.org",
                                        "http://127.0.0.1.example.org/",
                                        "http://localhost.example.org/",
                                        "http://localhost@example.org/",
                                        "http://localhost:80@example.org/",
                                        "ftp://127.0.0.1/",
                                        "file:///etc",
                                        "httpsx://example.org",
                                        "/etc"};
  for (size_t i = 0; i < sizeof REFUSED / sizeof *REFUSED; i++) {
    setenv("DESPUR_MIRROR", REFUSED[i], 1);
    despur_status status = fetch_set(&set, directory, NULL, NULL, &error);
    if (strstr(error.message, "without libcurl")) skip();
    assert_int_equal(status, DESPUR_BAD_USAGE);
    assert_non_null(strstr(error.message, REFUSED[i]));
  }
}

static void mirrors_of_a_set_are_spoken_to_by_https_only(void **state) {
  (void)state;
  char mirror[64];
  remote_set plain = set;
  if (!port) skip();
  snprintf(mirror, sizeof mirror, "http://127.0.0.1:%d/range", port);
  for (int i = 0; i < FETCH_MIRRORS; i++) plain.mirrors[i] = mirror;
  despur_status status = fetch_set(&plain, directory, NULL, NULL, &error);
  if (strstr(error.message, "without libcurl")) skip();
  assert_int_equal(status, DESPUR_BAD_INPUT);
  assert_non_null(strstr(error.message, "/range/big: Protocol \"http\" "));
  expect_requests("");
  assert_false(file_exists(in(directory, "big")));
}

static void a_certificate_that_nobody_vouches_for_is_refused(void **state) {
  (void)state;
  char command[600], mirror[64];
  int tls_port = 0;
  if (!port) skip();
  snprintf(
      command, sizeof command,
      "cd '%s' && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key -out "
      "certificate -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>openssl.log",
      served);
  if (system(command) != 0) skip();
  pid_t process = start_server(&tls_port);
  snprintf(mirror, sizeof mirror, "https://localhost:%d/range", tls_port);
  setenv("DESPUR_MIRROR", mirror, 1);
  despur_status status = fetch_set(&set, directory, NULL, NULL, &error);
  stop_server(process);
  unlink(in(served, "key"));
  if (strstr(error.message, "without libcurl")) skip();
  assert_true(tls_port > 0);
  assert_int_equal(status, DESPUR_BAD_INPUT);
  assert_non_null(strstr(error.message, "certificate"));
  expect_requests("");
  assert_false(file_exists(in(directory, "big")));
}

static void every_mirror_is_tried(void **state) {
  (void)state;
  despur_status status = fetch_set(&set, directory, note, NULL, &error);
  if (strstr(error.message, "without libcurl")) skip();
  assert_int_equal(status, DESPUR_BAD_INPUT);
  assert_non_null(strstr(error.message, "https://127.0.0.1:1/second/big: "));
  assert_non_null(strstr(lines, "from https://127.0.0.1:1/first\n"));
  assert_non_null(strstr(lines, "from https://127.0.0.1:1/second\n"));
  assert_null(strstr(lines, "small"));
}

/* Something that takes connections and never says a word stands for a network that swallows packets. */
static void a_network_that_does_not_answer_costs_less_than_ten_seconds(void **state) {
  (void)state;
  char mirror[64];
  struct sockaddr_in where = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof where;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (listener < 0 || bind(listener, (struct sockaddr *)&where, length) != 0 || listen(listener, 8) != 0 ||
      getsockname(listener, (struct sockaddr *)&where, &length) != 0)
    skip();
  snprintf(mirror, sizeof mirror, "https://127.0.0.1:%d", ntohs(where.sin_port));
  remote_set silent = set;
  for (int i = 0; i < FETCH_MIRRORS; i++) silent.mirrors[i] = mirror;
  struct timespec before, after;
  clock_gettime(CLOCK_MONOTONIC, &before);
  despur_status status = fetch_set(&silent, directory, NULL, NULL, &error);
  clock_gettime(CLOCK_MONOTONIC, &after);
  close(listener);
  if (strstr(error.message, "without libcurl")) skip();
  assert_int_equal(status, DESPUR_BAD_INPUT);
  assert_true(after.tv_sec - before.tv_sec < 10);
}

static void names_of_sets_are_checked(void **state) {
  (void)state;
  assert_fails(despur_fetch("mnits", directory, NULL, NULL, &error), DESPUR_BAD_USAGE,
               "no data set 'mnits' can be fetched: expected mnist");
  assert_fails(despur_fetch("fashion-mnist", directory, NULL, NULL, &error), DESPUR_BAD_USAGE,
               "dataset-fashion-mnist");
}

static void mnist_files_that_are_there_are_known_by_their_sums(void **state) {
  (void)state;
  static const char mnist[] = "../shared/data/mnist";
  if (access(mnist, R_OK) != 0) skip();
  setenv("DESPUR_MIRROR", "http://127.0.0.1:1", 1);
  despur_status status = despur_fetch("mnist", mnist, note, NULL, &error);
  if (status != DESPUR_OK && strstr(error.message, "without libcurl")) skip();
  assert_int_equal(status, DESPUR_OK);
  assert_non_null(strstr(lines, "train-images-idx3-ubyte.gz: already there\n"));
  assert_non_null(strstr(lines, "t10k-labels-idx1-ubyte.gz: already there\n"));
}

#define CASE(name) cmocka_unit_test_setup(name, start)

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(all_files_arrive_in_a_new_directory),
      CASE(files_with_the_right_sum_are_kept),
      CASE(a_file_of_another_content_is_not_replaced),
      CASE(a_partial_file_is_continued),
      CASE(a_finished_partial_file_needs_no_request),
      CASE(a_mirror_that_cannot_continue_sends_everything),
      CASE(a_partial_file_that_is_wrong_or_too_long_is_fetched_anew),
      CASE(a_connection_that_breaks_leaves_a_part_to_continue_from),
      CASE(a_wrong_sum_is_an_error_and_leaves_nothing),
      CASE(other_answers_than_the_file_are_errors),
      CASE(the_observer_can_stop_it),
      CASE(only_https_and_this_machine_are_spoken_to),
      CASE(mirrors_of_a_set_are_spoken_to_by_https_only),
      CASE(a_certificate_that_nobody_vouches_for_is_refused),
      CASE(every_mirror_is_tried),
      CASE(a_network_that_does_not_answer_costs_less_than_ten_seconds),
      CASE(names_of_sets_are_checked),
      CASE(mnist_files_that_are_there_are_known_by_their_sums),
  };
  return cmocka_run_group_tests(tests, start_all, stop_all);
}
