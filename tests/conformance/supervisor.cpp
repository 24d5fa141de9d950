// SPDX-License-Identifier: LGPL-2.1-or-later
// Child processes on a GLib main loop.
#include "supervisor.h"

#include <gio/gio.h>

#include <format>

#include "base/unique_handle.h"

namespace av1hw::conformance {
namespace {

class Supervisor {
 public:
  Supervisor(const std::vector<std::vector<std::string>>& commands,
             const SupervisorOptions& options,
             const std::function<void(const JobResult&)>& finished)
      : commands_(commands), options_(options), finished_(finished) {}

  void run() {
    while (next_ < commands_.size() || running_ > 0) {
      while (next_ < commands_.size() && running_ < options_.parallel) start(next_++);
      // Where none could be started, nothing would ever wake this up.
      if (running_ > 0) g_main_context_iteration(nullptr, TRUE);
    }
  }

 private:
  struct Job {
    Supervisor* supervisor;
    size_t index;
    GSubprocess* process;
    guint timer = 0;
    bool timed_out = false;
  };

  void start(size_t index) {
    std::vector<const char*> arguments;
    for (const std::string& argument : commands_[index]) arguments.push_back(argument.c_str());
    arguments.push_back(nullptr);
    GError* error = nullptr;
    GSubprocess* process =
        g_subprocess_newv(arguments.data(), G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error);
    if (!process) {
      GErrorPtr owned(error);
      finished_({index, {}, error->message});
      return;
    }
    running_++;
    Job* job = new Job{this, index, process};
    job->timer = g_timeout_add_seconds(options_.timeout_seconds, on_timeout, job);
    g_subprocess_communicate_utf8_async(process, nullptr, nullptr, on_done, job);
  }

  static gboolean on_timeout(gpointer data) {
    Job* job = static_cast<Job*>(data);
    job->timed_out = true;
    job->timer = 0;
    g_subprocess_force_exit(job->process);
    return G_SOURCE_REMOVE;
  }

  static void on_done(GObject*, GAsyncResult* result, gpointer data) {
    UniqueHandle<Job, delete_job> job(static_cast<Job*>(data));
    char* output = nullptr;
    GError* error = nullptr;
    g_subprocess_communicate_utf8_finish(job->process, result, &output, nullptr, &error);
    GCharPtr owned_output(output);
    GErrorPtr owned_error(error);
    Supervisor& self = *job->supervisor;
    self.running_--;
    JobResult outcome{job->index, output ? output : "", {}};
    if (job->timed_out) {
      outcome.trouble = std::format("took longer than {} s", self.options_.timeout_seconds);
    } else if (error) {
      outcome.trouble = error->message;
    } else if (g_subprocess_get_if_signaled(job->process)) {
      outcome.trouble = std::format("killed by signal {}", g_subprocess_get_term_sig(job->process));
    } else if (int status = g_subprocess_get_exit_status(job->process); status != 0) {
      outcome.trouble = std::format("exit status {}", status);
    }
    self.finished_(outcome);
  }

  static void delete_job(Job* job) {
    if (job->timer) g_source_remove(job->timer);
    g_object_unref(job->process);
    delete job;
  }

  const std::vector<std::vector<std::string>>& commands_;
  const SupervisorOptions options_;
  const std::function<void(const JobResult&)>& finished_;
  size_t next_ = 0;
  unsigned running_ = 0;
};

}  // namespace

void run_jobs(const std::vector<std::vector<std::string>>& commands,
              const SupervisorOptions& options,
              const std::function<void(const JobResult&)>& finished) {
  Supervisor(commands, options, finished).run();
}

}  // namespace av1hw::conformance
