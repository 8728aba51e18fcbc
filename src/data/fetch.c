/* Downloads of published data sets.
 *
 * A file is received as "NAME.partial", which a later call continues, and is renamed only when its SHA-256 is
 * right. The sums are in the table below, so it does not matter which mirror sent the bytes, nor whether it
 * can be trusted. */
#include "data/fetch.h"

#include "base/format.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/images.h"
#include "io/file.h"

#include <stdio.h>
#include <string.h>

static const remote_set SETS[] = {
    {"mnist",
     {"https://ossci-datasets.s3.amazonaws.com/mnist", "https://storage.googleapis.com/cvdf-datasets/mnist"},
     {{"train-images-idx3-ubyte.gz", 9912422,
       "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"},
      {"train-labels-idx1-ubyte.gz", 28881,
       "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"},
      {"t10k-images-idx3-ubyte.gz", 1648877,
       "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"},
      {"t10k-labels-idx1-ubyte.gz", 4542,
       "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"}}},
};

despur_status despur_fetch(const char *name, const char *directory, despur_fetch_observer *observer,
                           void *context, despur_error *error) {
  despur_status status = DESPUR_OK;
  const remote_set *set = NULL;
  char *cache = NULL;
  if (!name) FAIL(error, DESPUR_BAD_USAGE, "expected the name of a data set, found NULL");
  for (size_t i = 0; i < sizeof SETS / sizeof *SETS; i++)
    if (!strcmp(name, SETS[i].name)) set = &SETS[i];
  if (!strcmp(name, "fashion-mnist"))
    FAIL(error, DESPUR_BAD_USAGE,
         "fashion-mnist is not fetched: Debian's package dataset-fashion-mnist has it");
  if (!set) FAIL(error, DESPUR_BAD_USAGE, "no data set '%s' can be fetched: expected mnist", name);
  if (!directory) {
    TRY(image_cache_directory(&cache, set->name, error));
    if (!cache)
      FAIL(error, DESPUR_BAD_USAGE, "there is no cache directory: $HOME is not set; name a directory");
  }
  TRY(fetch_set(set, directory ? directory : cache, observer, context, error));
cleanup:
  mem_free(cache);
  return status;
}

#ifndef DESPUR_HAVE_CURL

despur_status fetch_set(const remote_set *set, const char *directory, despur_fetch_observer *observer,
                        void *context, despur_error *error) {
  (void)observer;
  (void)context;
  return error_set(error, DESPUR_BAD_INPUT,
                   "this despur was built without libcurl: download the files from %s into %s by other means",
                   set->mirrors[0], directory);
}

#else

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONNECT_SECONDS = 4, STALLED_SECONDS = 20, STALLED_BYTES = 500 };

typedef struct fetcher {
  const remote_set *set;
  const char *directory;
  const char *mirrors[FETCH_MIRRORS];
  size_t first_mirror; /* the one that worked for the file before */
  int local;           /* the mirror is this machine, by http */
  despur_fetch_observer *observer;
  void *context;
  CURL *curl;
} fetcher;

__attribute__((format(printf, 3, 4))) static despur_status tell(const fetcher *fetch, despur_error *error,
                                                                const char *format, ...) {
  if (!fetch->observer) return DESPUR_OK;
  char line[512];
  va_list args;
  va_start(args, format);
  format_args(line, sizeof line, format, args);
  va_end(args);
  if (fetch->observer(fetch->context, line) == 0) return DESPUR_OK;
  return error_set(error, DESPUR_INTERRUPTED, "fetching %s was interrupted", fetch->set->name);
}

/* ---- mirrors ---- */

/* Whether the address is prefix, perhaps with a port, and then a path: "http://localhost:80@elsewhere" is
 * not. */
static int on_host(const char *address, const char *prefix) {
  size_t length = strlen(prefix);
  if (strncmp(address, prefix, length) != 0) return 0;
  const char *rest = address + length;
  if (*rest == ':') rest += 1 + strspn(rest + 1, "0123456789");
  return *rest == '/' || *rest == 0;
}

static despur_status choose_mirrors(fetcher *fetch, despur_error *error) {
  const char *mirror = getenv("DESPUR_MIRROR");
  for (size_t i = 0; i < FETCH_MIRRORS; i++) fetch->mirrors[i] = fetch->set->mirrors[i];
  if (!mirror || !*mirror) return DESPUR_OK;
  fetch->local = on_host(mirror, "http://127.0.0.1") || on_host(mirror, "http://localhost");
  if (!fetch->local && strncmp(mirror, "https://", 8) != 0)
    return error_set(error, DESPUR_BAD_USAGE,
                     "DESPUR_MIRROR=%s: expected an https address, or http to 127.0.0.1 or localhost",
                     mirror);
  fetch->mirrors[0] = mirror;
  for (size_t i = 1; i < FETCH_MIRRORS; i++) fetch->mirrors[i] = NULL;
  return DESPUR_OK;
}

/* ---- receiving one file ---- */

/* NAME.partial while it grows. */
typedef struct download {
  const fetcher *fetch;
  const remote_file *file;
  char *path, *partial;
  int fd;
  size_t bytes;     /* in the file */
  int resumed;      /* it began with bytes of an earlier call */
  int write_failed; /* errno of a write, or 0 */
  int too_long;
  long odd_answer; /* HTTP status that is neither an error nor the file, or 0 */
  unsigned tenths; /* of the file that the observer was told */
  int stopped;
} download;

/* Called by curl with the next bytes of the body; returning less than it gave stops the transfer. */
static size_t receive(char *data, size_t size, size_t count, void *context) {
  download *get = context;
  size_t bytes = size * count, done = 0;
  long code = 0;
  curl_easy_getinfo(get->fetch->curl, CURLINFO_RESPONSE_CODE, &code);
  if (code != 200 && code != 206) {
    get->odd_answer = code;
    return 0;
  }
  if (get->resumed && code == 200) { /* the mirror cannot continue and sends all of it */
    if (file_shorten(get->fd, 0) != 0 || lseek(get->fd, 0, SEEK_SET) != 0) {
      get->write_failed = errno;
      return 0;
    }
    get->bytes = 0;
    get->resumed = 0;
  }
  get->too_long = bytes > get->file->bytes - get->bytes;
  if (get->too_long) return 0;
  while (done < bytes) {
    ssize_t written = write(get->fd, data + done, bytes - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      get->write_failed = written < 0 ? errno : EIO;
      return 0;
    }
    done += (size_t)written;
  }
  get->bytes += bytes;
  return bytes;
}

/* Called by curl about once a second. */
static int watch(void *context, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now) {
  download *get = context;
  (void)total, (void)now, (void)up_total, (void)up_now;
  unsigned tenths = (unsigned)(10 * get->bytes / (get->file->bytes ? get->file->bytes : 1));
  if (tenths == get->tenths || tenths == 10) return 0;
  get->tenths = tenths;
  get->stopped = tell(get->fetch, NULL, "%s: %u %%", get->file->name, 10 * tenths) != DESPUR_OK;
  return get->stopped;
}

/* Opens NAME.partial at its end; starts anew when it cannot be the beginning of the file. */
static despur_status open_partial(download *get, despur_error *error) {
  struct stat about;
  get->fd = file_open_as(get->partial, O_RDWR | O_CREAT | O_NOFOLLOW);
  if (get->fd < 0)
    return error_set(error, DESPUR_NO_RESOURCES, "%s: cannot write: %s", get->partial, format_errno(errno));
  /* without locks two may fetch it at once: the sum of the whole file is looked at in any case */
  if (file_lock(get->fd) == FILE_LOCK_HELD || !file_is_at(get->fd, get->partial))
    return error_set(error, DESPUR_NO_RESOURCES, "%s: another process is fetching this file", get->partial);
  if (fstat(get->fd, &about) != 0 || !S_ISREG(about.st_mode))
    return error_set(error, DESPUR_NO_RESOURCES, "%s: cannot write: it is not a file", get->partial);
  get->bytes = (size_t)about.st_size;
  if (get->bytes > get->file->bytes) get->bytes = 0;
  if (file_shorten(get->fd, get->bytes) != 0 || lseek(get->fd, (off_t)get->bytes, SEEK_SET) < 0)
    return error_set(error, DESPUR_NO_RESOURCES, "%s: cannot write: %s", get->partial, format_errno(errno));
  get->resumed = get->bytes > 0;
  return DESPUR_OK;
}

static void restrict_protocols(CURL *curl, const char *protocols) {
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocols);
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
#else
  long allowed = strcmp(protocols, "https") ? CURLPROTO_HTTP : CURLPROTO_HTTPS;
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS, allowed);
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS, allowed);
#endif
}

/* How to speak to a mirror, and for how long. */
static void set_limits(const fetcher *fetch, const char *address) {
  CURL *curl = fetch->curl;
  curl_easy_setopt(curl, CURLOPT_URL, address);
  restrict_protocols(curl, fetch->local ? "http" : "https");
  /* A local mirror is for tests: it sends nobody elsewhere, and no proxy stands before it. */
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, fetch->local ? 0L : 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 5L);
  if (fetch->local) curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, (long)STALLED_BYTES);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)STALLED_SECONDS);
#if LIBCURL_VERSION_NUM >= 0x075700
  /* Without it a name server that does not answer holds us up beyond the time limit. */
  curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
#endif
}

static void prepare(download *get, const char *address, char *why) {
  CURL *curl = get->fetch->curl;
  char range[32];
  curl_easy_reset(curl);
  set_limits(get->fetch, address);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "despur/" DESPUR_VERSION);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, get);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, watch);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, get);
  if (get->resumed) {
    /* not RESUME_FROM, with which a mirror that ignores ranges is an error */
    snprintf(range, sizeof range, "%zu-", get->bytes);
    curl_easy_setopt(curl, CURLOPT_RANGE, range);
  }
}

/* One request. NAME.partial keeps what came, also on failure. */
static despur_status transfer(download *get, const char *mirror, despur_error *error) {
  despur_status status = DESPUR_OK;
  text address = {0};
  char why[CURL_ERROR_SIZE] = "";
  if (get->bytes == get->file->bytes) return DESPUR_OK;
  size_t length = strlen(mirror);
  while (length > 0 && mirror[length - 1] == '/') length--;
  TRY(text_add(&address, error, "%.*s/%s", (int)length, mirror, get->file->name));
  TRY(tell(get->fetch, error, "%s: %s bytes from %s", get->file->name,
           file_grouped(get->file->bytes - get->bytes).text, mirror));
  prepare(get, address.data, why);
  CURLcode code = curl_easy_perform(get->fetch->curl);
  curl_easy_setopt(get->fetch->curl, CURLOPT_ERRORBUFFER, NULL);
  if (get->stopped) FAIL(error, DESPUR_INTERRUPTED, "fetching %s was interrupted", get->fetch->set->name);
  if (get->write_failed)
    FAIL(error, DESPUR_NO_RESOURCES, "%s: cannot write: %s", get->partial, format_errno(get->write_failed));
  if (get->too_long) {
    unlink(get->partial);
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected %s bytes, found more", address.data,
         file_grouped(get->file->bytes).text);
  }
  if (get->odd_answer)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected the file, found HTTP status %ld", address.data,
         get->odd_answer);
  if (code != CURLE_OK)
    FAIL(error, DESPUR_BAD_INPUT, "%s: %s", address.data, *why ? why : curl_easy_strerror(code));
  if (get->bytes < get->file->bytes)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected %s bytes, found %s", address.data,
         file_grouped(get->file->bytes).text, file_grouped(get->bytes).text);
cleanup:
  mem_free(address.data);
  return status;
}

/* Gives the finished file its name. *wrong is set when its sum is not right; the partial file is gone then.
 */
static despur_status check_and_rename(download *get, const char *mirror, int *wrong, despur_error *error) {
  despur_status status = DESPUR_OK;
  char sum[SHA256_HEX];
  TRY(file_sha256(get->partial, sum, error));
  *wrong = strcmp(sum, get->file->sha256) != 0;
  if (*wrong) {
    unlink(get->partial);
    FAIL(error, DESPUR_BAD_INPUT, "%s/%s: expected a file with SHA-256 %s, found %s", mirror, get->file->name,
         get->file->sha256, sum);
  }
  if (fsync(get->fd) != 0 || rename(get->partial, get->path) != 0)
    FAIL(error, DESPUR_NO_RESOURCES, "%s: cannot write: %s", get->path, format_errno(errno));
cleanup:
  return status;
}

/* From one mirror. An old partial file that turns out wrong costs a second request, not a failure. */
static despur_status fetch_from(const fetcher *fetch, const remote_file *file, const char *mirror, char *path,
                                char *partial, despur_error *error) {
  despur_status status = DESPUR_OK;
  int again = 1;
  for (int attempt = 0; attempt < 2 && again; attempt++) {
    download get = {.fetch = fetch, .file = file, .path = path, .partial = partial, .fd = -1};
    int wrong = 0;
    status = open_partial(&get, error);
    if (status == DESPUR_OK) status = transfer(&get, mirror, error);
    if (status == DESPUR_OK) status = check_and_rename(&get, mirror, &wrong, error);
    if (get.fd >= 0) close(get.fd);
    again = wrong && get.resumed;
  }
  return status;
}

/* ---- all files ---- */

static despur_status already_there(int *there, const fetcher *fetch, const remote_file *file,
                                   const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  char sum[SHA256_HEX];
  *there = 0;
  if (!file_exists(path)) return DESPUR_OK;
  TRY(file_sha256(path, sum, error));
  if (strcmp(sum, file->sha256) != 0) /* what did not arrive whole has another name */
    FAIL(error, DESPUR_BAD_USAGE,
         "%s: exists, and is not the file of %s; remove it, or choose another folder", path,
         fetch->set->name);
  *there = 1;
  TRY(tell(fetch, error, "%s: already there", file->name));
cleanup:
  return status;
}

/* Only a failure of a mirror is a reason to try the next. */
static despur_status fetch_file(fetcher *fetch, const remote_file *file, despur_error *error) {
  despur_status status = DESPUR_OK;
  text name = {0}, partial = {0};
  char *path = NULL;
  int there;
  TRY(text_add(&name, error, "%s/%s", fetch->directory, file->name));
  TRY(file_resolve(&path, name.data, error));
  TRY(text_add(&partial, error, "%s.partial", path));
  TRY(already_there(&there, fetch, file, path, error));
  for (size_t i = 0; i < FETCH_MIRRORS && !there; i++) {
    size_t mirror = (fetch->first_mirror + i) % FETCH_MIRRORS;
    if (!fetch->mirrors[mirror]) continue;
    status = fetch_from(fetch, file, fetch->mirrors[mirror], path, partial.data, error);
    if (status == DESPUR_OK) fetch->first_mirror = mirror;
    if (status != DESPUR_BAD_INPUT) break;
  }
cleanup:
  mem_free(name.data);
  mem_free(path);
  mem_free(partial.data);
  return status;
}

despur_status fetch_set(const remote_set *set, const char *directory, despur_fetch_observer *observer,
                        void *context, despur_error *error) {
  despur_status status = DESPUR_OK;
  fetcher fetch = {.set = set, .directory = directory, .observer = observer, .context = context};
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
    return error_set(error, DESPUR_NO_RESOURCES, "libcurl cannot be initialised");
  fetch.curl = curl_easy_init();
  if (!fetch.curl) FAIL(error, DESPUR_NO_RESOURCES, "out of memory");
  TRY(choose_mirrors(&fetch, error));
  TRY(file_make_directories(directory, error));
  for (const remote_file *file = set->files; file->name; file++) TRY(fetch_file(&fetch, file, error));
  TRY(tell(&fetch, error, "%s: complete in %s", set->name, directory));
cleanup:
  curl_easy_cleanup(fetch.curl);
  curl_global_cleanup();
  return status;
}

#endif
