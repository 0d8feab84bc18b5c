/* Files, version 1 (os-modules.md §4): results with codes, limits by caps and policy. */
#ifndef X07_OS_FILES_H
#define X07_OS_FILES_H

#include "x07_types.h"

/* -- whole files; the ok value of writing is the number of bytes */

x07_result_bytes x07_os_fs_read_all_v1(x07_bytes path, x07_bytes caps, const char *at);
x07_result_i32 x07_os_fs_write_all_v1(x07_bytes path, x07_bytes data, x07_bytes caps);
x07_result_i32 x07_os_fs_append_all_v1(x07_bytes path, x07_bytes data, x07_bytes caps);

/* -- names; the ok value is 1 */

x07_result_i32 x07_os_fs_mkdirs_v1(x07_bytes path, x07_bytes caps);
x07_result_i32 x07_os_fs_remove_file_v1(x07_bytes path, x07_bytes caps);
x07_result_i32 x07_os_fs_remove_dir_all_v1(x07_bytes path, x07_bytes caps);
x07_result_i32 x07_os_fs_rename_v1(x07_bytes from, x07_bytes to, x07_bytes caps);

/* FsStatV1. */
x07_result_bytes x07_os_fs_stat_v1(x07_bytes path, x07_bytes caps, const char *at);

/* -- lists: sorted lines */

x07_result_bytes x07_os_fs_list_dir_sorted_text_v1(x07_bytes path, x07_bytes caps, const char *at);
x07_result_bytes x07_os_fs_walk_glob_sorted_text_v1(x07_bytes root, x07_bytes glob, x07_bytes caps,
                                                    const char *at);

/* -- streams: handles from 1 */

x07_result_i32 x07_os_fs_stream_open_read_v1(x07_bytes path, x07_bytes caps, const char *at);
x07_result_i32 x07_os_fs_stream_open_write_v1(x07_bytes path, x07_bytes caps, const char *at);
x07_result_bytes x07_os_fs_stream_read_some_v1(uint32_t handle, uint32_t max_bytes,
                                               const char *at);
x07_result_i32 x07_os_fs_stream_write_all_v1(uint32_t handle, x07_bytes_view data);
x07_result_i32 x07_os_fs_stream_close_v1(uint32_t handle);
x07_result_i32 x07_os_fs_stream_close_read_v1(uint32_t handle);
uint32_t x07_os_fs_stream_drop_v1(uint32_t handle);
uint32_t x07_os_fs_stream_drop_read_v1(uint32_t handle);

#endif
