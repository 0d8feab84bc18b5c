#include "stream.h"

void serve(uint32_t operation)
{
    x07_bytes path;
    switch (operation) {
    case 0:
        give_bytes(x07_os_fs_read_file(take_bytes(), AT));
        return;
    case 1:
        path = take_bytes();
        give_u32(x07_os_fs_write_file(path, take_bytes(), AT));
        return;
    case 2:
        give_bytes(x07_os_env_get(take_bytes(), AT));
        return;
    case 3:
        give_u32(x07_os_time_now_unix_ms(AT));
        return;
    case 4:
        x07_os_process_exit(take_u32(), AT);
    }
}
