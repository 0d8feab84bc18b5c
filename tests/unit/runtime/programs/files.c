#include "denials.h"
#include "stream.h"

#include "x07_os_files.h"

static void give_result_bytes(x07_result_bytes result)
{
    give_u32(result.tag);
    if (result.tag) {
        give_bytes(result.ok);
    } else {
        give_u32(result.err);
    }
}

typedef x07_result_i32 of_two(x07_bytes, x07_bytes);
typedef x07_result_i32 of_three(x07_bytes, x07_bytes, x07_bytes);
typedef x07_result_bytes reading(x07_bytes, x07_bytes, const char *);
typedef x07_result_i32 opening(x07_bytes, x07_bytes, const char *);

static void two(of_two *call)
{
    x07_bytes path = take_bytes();
    give_result_i32(call(path, take_bytes()));
}

static void three(of_three *call)
{
    x07_bytes path = take_bytes(), data = take_bytes();
    give_result_i32(call(path, data, take_bytes()));
}

static void get(reading *call)
{
    x07_bytes path = take_bytes();
    give_result_bytes(call(path, take_bytes(), AT));
}

static void walk(void)
{
    x07_bytes root = take_bytes(), glob = take_bytes();
    give_result_bytes(x07_os_fs_walk_glob_sorted_text_v1(root, glob, take_bytes(), AT));
}

static void open_stream(opening *call)
{
    x07_bytes path = take_bytes();
    give_result_i32(call(path, take_bytes(), AT));
}

static void read_some(void)
{
    uint32_t handle = take_u32();
    give_result_bytes(x07_os_fs_stream_read_some_v1(handle, take_u32(), AT));
}

static void write_some(void)
{
    uint32_t handle = take_u32();
    x07_bytes_view data = take_view();
    give_result_i32(x07_os_fs_stream_write_all_v1(handle, data));
    forget(data);
}

static void read_file(void)
{
    give_bytes(x07_os_fs_read_file(take_bytes(), AT));
}

static void write_file(void)
{
    x07_bytes path = take_bytes();
    give_u32(x07_os_fs_write_file(path, take_bytes(), AT));
}

static void serve_stream(uint32_t operation)
{
    switch (operation) {
    case 20:
        open_stream(x07_os_fs_stream_open_read_v1);
        return;
    case 21:
        open_stream(x07_os_fs_stream_open_write_v1);
        return;
    case 22:
        read_some();
        return;
    case 23:
        write_some();
        return;
    case 24:
        give_result_i32(x07_os_fs_stream_close_v1(take_u32()));
        return;
    case 25:
        give_result_i32(x07_os_fs_stream_close_read_v1(take_u32()));
        return;
    case 26:
        give_u32(x07_os_fs_stream_drop_v1(take_u32()));
        return;
    case 27:
        give_u32(x07_os_fs_stream_drop_read_v1(take_u32()));
        return;
    }
}

void serve(uint32_t operation)
{
    switch (operation) {
    case 0:
        get(x07_os_fs_read_all_v1);
        return;
    case 1:
        three(x07_os_fs_write_all_v1);
        return;
    case 2:
        three(x07_os_fs_append_all_v1);
        return;
    case 3:
        two(x07_os_fs_mkdirs_v1);
        return;
    case 4:
        two(x07_os_fs_remove_file_v1);
        return;
    case 5:
        two(x07_os_fs_remove_dir_all_v1);
        return;
    case 6:
        three(x07_os_fs_rename_v1);
        return;
    case 7:
        get(x07_os_fs_stat_v1);
        return;
    case 8:
        get(x07_os_fs_list_dir_sorted_text_v1);
        return;
    case 9:
        walk();
        return;
    case 10:
        read_file();
        return;
    case 11:
        write_file();
        return;
    case 12:
        report();
        return;
    default:
        serve_stream(operation);
    }
}
