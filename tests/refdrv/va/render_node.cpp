// SPDX-License-Identifier: LGPL-2.1-or-later
// Preloaded: lets a process see /dev/dri/renderD128, a render node of the device in REFDRV_PROFILE.
//
// The node is there for who lists /dev/dri, asks for its status, or opens it. What opens is a memfd
// of this process, which is known again by its inode; libdrm's questions about it are answered from
// the profile. Nothing else is changed, and without a profile of a VA device nothing at all.

// Which would give the functions below the names of their 64-bit kin, that are here as well.
#undef _FILE_OFFSET_BITS

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <xf86drm.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "refdrv/common/profile.h"

#define REFDRV_PRELOAD extern "C" __attribute__((visibility("default")))

namespace {

using refdrv::DeviceProfile;

constexpr unsigned drm_major = 226;
constexpr unsigned render_minor = 128;
constexpr std::string_view folder = "/dev/dri";
constexpr std::string_view node_name = "renderD128";
constexpr std::string_view node = "/dev/dri/renderD128";

// The function that this file's one of the same name hides.
template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

std::optional<DeviceProfile> load_profile() {
  const char* path = std::getenv("REFDRV_PROFILE");
  if (!path) return std::nullopt;
  auto loaded = refdrv::load_profile(path);
  if (!loaded || loaded->api != refdrv::Api::VaApi) return std::nullopt;
  return std::move(*loaded);
}

// Kept to the end of the process, when others' destructors still close files.
const std::optional<DeviceProfile>& profile() {
  static thread_local bool loading = false;  // which comes through the functions below
  static const std::optional<DeviceProfile> none;
  if (loading) return none;
  loading = true;
  static const auto* const instance = new std::optional<DeviceProfile>(load_profile());
  loading = false;
  return *instance;
}

// umockdev, where it runs as well, has put a folder of its own before the path by now.
bool is_node(const char* path) {
  return path && std::string_view(path).ends_with(node) && profile();
}

bool is_folder(const char* path) {
  if (!path) return false;
  std::string_view text = path;
  while (text.ends_with('/')) text.remove_suffix(1);
  return text.ends_with(folder) && profile();
}

// What stands behind every descriptor of the node: one file, so that duplicates are known as well.
struct Backing {
  int fd = -1;
  dev_t device = 0;
  ino_t inode = 0;
};

const Backing& backing() {
  static const Backing instance = [] {
    Backing made;
    made.fd = memfd_create("refdrv-render-node", MFD_CLOEXEC);
    static const auto real = next<int(int, struct stat*)>("fstat");
    struct stat status = {};
    if (made.fd >= 0 && real(made.fd, &status) == 0) {
      made.device = status.st_dev;
      made.inode = status.st_ino;
    }
    return made;
  }();
  return instance;
}

bool is_backing(const struct stat& status) {
  return backing().fd >= 0 && status.st_dev == backing().device && status.st_ino == backing().inode;
}

bool is_render_fd(int fd) {
  if (!profile()) return false;
  static const auto real = next<int(int, struct stat*)>("fstat");
  struct stat status = {};
  const int kept = errno;
  const bool found = real(fd, &status) == 0 && is_backing(status);
  errno = kept;
  return found;
}

int open_node(int flags) {
  return fcntl(backing().fd, flags & O_CLOEXEC ? F_DUPFD_CLOEXEC : F_DUPFD, 0);
}

void become_node(struct stat& status) {
  status.st_mode = S_IFCHR | 0660;
  status.st_rdev = makedev(drm_major, render_minor);
  status.st_size = 0;
}

// Of paths: for the node itself there is nothing to ask the system.
bool node_status(const char* path, struct stat* status) {
  if (!is_node(path)) return false;
  *status = {};
  status->st_uid = getuid();
  status->st_gid = getgid();
  status->st_nlink = 1;
  become_node(*status);
  return true;
}

bool folder_status(const char* path, struct stat* status) {
  if (!is_folder(path)) return false;
  static const auto real = next<int(const char*, struct stat*)>("stat");
  return real("/dev", status) == 0;
}

// Where a listing of the folder is: 0 and 1 are "." and "..", 2 is the node.
struct Listing {
  unsigned position = 0;
  dirent entry = {};
};

std::mutex listings_mutex;

std::map<DIR*, Listing>& listings() {
  static auto* const instance = new std::map<DIR*, Listing>;
  return *instance;
}

// Nothing where this is no listing of ours; nullptr at its end.
std::optional<dirent*> read_listing(DIR* dir) {
  const std::scoped_lock lock(listings_mutex);
  const auto found = listings().find(dir);
  if (found == listings().end()) return std::nullopt;
  static constexpr std::string_view names[] = {".", "..", node_name};
  Listing& listing = found->second;
  if (listing.position == std::size(names)) return nullptr;
  const std::string_view name = names[listing.position];
  listing.entry = {};
  listing.entry.d_ino = ++listing.position;
  listing.entry.d_type = name == node_name ? DT_CHR : DT_DIR;
  listing.entry.d_reclen = sizeof listing.entry;
  std::ranges::copy(name, listing.entry.d_name);
  return &listing.entry;
}

drmDevicePtr make_device(const DeviceProfile& device) {
  // In one piece, as drmFreeDevice() expects it.
  struct Block {
    drmDevice device;
    drmPciBusInfo bus;
    drmPciDeviceInfo info;
    char* nodes[DRM_NODE_MAX];
    char name[node.size() + 1];
  };
  auto* block = static_cast<Block*>(std::calloc(1, sizeof(Block)));
  if (!block) return nullptr;
  unsigned domain = 0;
  unsigned bus = 0;
  unsigned dev = 0;
  unsigned function = 0;
  std::sscanf(device.pci_address.c_str(), "%x:%x:%x.%x", &domain, &bus, &dev, &function);
  block->bus = {static_cast<uint16_t>(domain), static_cast<uint8_t>(bus), static_cast<uint8_t>(dev),
                static_cast<uint8_t>(function)};
  block->info = {device.pci_vendor, device.pci_device, 0, 0, 0};
  std::ranges::copy(node, block->name);
  block->nodes[DRM_NODE_RENDER] = block->name;
  block->device.nodes = block->nodes;
  block->device.available_nodes = 1 << DRM_NODE_RENDER;
  block->device.bustype = DRM_BUS_PCI;
  block->device.businfo.pci = &block->bus;
  block->device.deviceinfo.pci = &block->info;
  return &block->device;
}

int open_mode(int flags, va_list arguments) {
  return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, int) : 0;
}

}  // namespace

REFDRV_PRELOAD int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const int mode = open_mode(flags, arguments);
  va_end(arguments);
  if (is_node(path)) return open_node(flags);
  static const auto real = next<int(const char*, int, ...)>("open");
  return real(path, flags, mode);
}

REFDRV_PRELOAD int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const int mode = open_mode(flags, arguments);
  va_end(arguments);
  if (is_node(path)) return open_node(flags);
  static const auto real = next<int(const char*, int, ...)>("open64");
  return real(path, flags, mode);
}

REFDRV_PRELOAD int __open_2(const char* path, int flags) {
  if (is_node(path)) return open_node(flags);
  static const auto real = next<int(const char*, int)>("__open_2");
  return real(path, flags);
}

REFDRV_PRELOAD int __open64_2(const char* path, int flags) {
  if (is_node(path)) return open_node(flags);
  static const auto real = next<int(const char*, int)>("__open64_2");
  return real(path, flags);
}

REFDRV_PRELOAD int access(const char* path, int mode) {
  if (is_node(path)) return mode & X_OK ? (errno = EACCES, -1) : 0;
  if (is_folder(path)) return 0;
  static const auto real = next<int(const char*, int)>("access");
  return real(path, mode);
}

// `struct stat` and `struct stat64` are one where this is built for 64 bits.
static_assert(sizeof(struct stat) == sizeof(struct stat64));

REFDRV_PRELOAD int stat(const char* path, struct stat* status) {
  if (node_status(path, status) || folder_status(path, status)) return 0;
  static const auto real = next<int(const char*, struct stat*)>("stat");
  return real(path, status);
}

REFDRV_PRELOAD int stat64(const char* path, struct stat64* status) {
  return stat(path, reinterpret_cast<struct stat*>(status));
}

REFDRV_PRELOAD int lstat(const char* path, struct stat* status) {
  if (node_status(path, status) || folder_status(path, status)) return 0;
  static const auto real = next<int(const char*, struct stat*)>("lstat");
  return real(path, status);
}

REFDRV_PRELOAD int lstat64(const char* path, struct stat64* status) {
  return lstat(path, reinterpret_cast<struct stat*>(status));
}

REFDRV_PRELOAD int fstat(int fd, struct stat* status) {
  static const auto real = next<int(int, struct stat*)>("fstat");
  const int result = real(fd, status);
  if (result == 0 && profile() && is_backing(*status)) become_node(*status);
  return result;
}

REFDRV_PRELOAD int fstat64(int fd, struct stat64* status) {
  return fstat(fd, reinterpret_cast<struct stat*>(status));
}

REFDRV_PRELOAD DIR* opendir(const char* path) {
  static const auto real = next<DIR*(const char*)>("opendir");
  if (!is_folder(path)) return real(path);
  DIR* dir = real("/");
  const std::scoped_lock lock(listings_mutex);
  if (dir) listings()[dir] = {};
  return dir;
}

REFDRV_PRELOAD dirent* readdir(DIR* dir) {
  if (const auto entry = read_listing(dir)) return *entry;
  static const auto real = next<dirent*(DIR*)>("readdir");
  return real(dir);
}

REFDRV_PRELOAD dirent64* readdir64(DIR* dir) {
  static_assert(sizeof(dirent) == sizeof(dirent64));
  if (const auto entry = read_listing(dir)) return reinterpret_cast<dirent64*>(*entry);
  static const auto real = next<dirent64*(DIR*)>("readdir64");
  return real(dir);
}

REFDRV_PRELOAD void rewinddir(DIR* dir) {
  {
    const std::scoped_lock lock(listings_mutex);
    if (const auto found = listings().find(dir); found != listings().end()) found->second = {};
  }
  static const auto real = next<void(DIR*)>("rewinddir");
  real(dir);
}

REFDRV_PRELOAD int closedir(DIR* dir) {
  {
    const std::scoped_lock lock(listings_mutex);
    listings().erase(dir);
  }
  static const auto real = next<int(DIR*)>("closedir");
  return real(dir);
}

REFDRV_PRELOAD drmVersionPtr drmGetVersion(int fd) {
  static const auto real = next<drmVersionPtr(int)>("drmGetVersion");
  if (!is_render_fd(fd)) return real ? real(fd) : nullptr;
  // Its parts are freed one by one, with free().
  auto* version = static_cast<drmVersionPtr>(std::calloc(1, sizeof(drmVersion)));
  if (!version) return nullptr;
  version->version_major = 1;
  version->name = strdup(profile()->kernel_driver.c_str());
  version->name_len = static_cast<int>(profile()->kernel_driver.size());
  version->date = strdup("");
  version->desc = strdup("refdrv");
  version->desc_len = 6;
  return version;
}

REFDRV_PRELOAD int drmGetNodeTypeFromFd(int fd) {
  static const auto real = next<int(int)>("drmGetNodeTypeFromFd");
  if (!is_render_fd(fd)) return real ? real(fd) : -1;
  return DRM_NODE_RENDER;
}

REFDRV_PRELOAD char* drmGetRenderDeviceNameFromFd(int fd) {
  static const auto real = next<char*(int)>("drmGetRenderDeviceNameFromFd");
  if (!is_render_fd(fd)) return real ? real(fd) : nullptr;
  return strdup(node.data());
}

REFDRV_PRELOAD int drmGetDevice2(int fd, uint32_t flags, drmDevicePtr* device) {
  static const auto real = next<int(int, uint32_t, drmDevicePtr*)>("drmGetDevice2");
  if (!is_render_fd(fd)) return real ? real(fd, flags, device) : -ENODEV;
  *device = make_device(*profile());
  return *device ? 0 : -ENOMEM;
}

REFDRV_PRELOAD int drmGetDevice(int fd, drmDevicePtr* device) {
  return drmGetDevice2(fd, DRM_DEVICE_GET_PCI_REVISION, device);
}

REFDRV_PRELOAD int drmGetDevices2(uint32_t flags, drmDevicePtr devices[], int max_devices) {
  static const auto real = next<int(uint32_t, drmDevicePtr*, int)>("drmGetDevices2");
  if (!profile()) return real ? real(flags, devices, max_devices) : 0;
  if (!devices) return 1;
  if (max_devices < 1) return 0;
  devices[0] = make_device(*profile());
  return devices[0] ? 1 : -ENOMEM;
}
