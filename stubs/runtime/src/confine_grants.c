#include "confine.h"
#include "policy_hosts.h"

static uint32_t bit_if(int granted, uint32_t bit)
{
    return granted ? bit : 0u;
}

static uint32_t file_grants(const x07_fs_policy *fs)
{
    uint32_t writes = fs->enabled && *fs->write_roots != '\0';
    return bit_if(fs->enabled && *fs->read_roots != '\0', X07_CAN_READ)
           | bit_if(writes, X07_CAN_WRITE) | bit_if(writes && fs->allow_mkdir, X07_CAN_MKDIR)
           | bit_if(writes && fs->allow_remove, X07_CAN_REMOVE)
           | bit_if(writes && fs->allow_rename, X07_CAN_RENAME);
}

/* Databases have hosts and ports of their own. */
static int reaches_databases(const x07_db_policy *db)
{
    return db->enabled && (db->postgres || db->mysql || db->redis);
}

static uint32_t net_grants(const x07_policy *policy)
{
    const x07_net_policy *net = &policy->net;
    int to_databases = reaches_databases(&policy->db);
    int has_hosts = net->enabled && *net->allow_hosts != '\0';
    return bit_if((has_hosts && net->allow_tcp) || to_databases, X07_CAN_TCP)
           | bit_if(has_hosts && net->allow_tcp && x07_hosts_have_address(net->allow_hosts),
                    X07_CAN_LISTEN)
           | bit_if(has_hosts && net->allow_udp, X07_CAN_UDP)
           | bit_if((has_hosts && net->allow_dns)
                        || (to_databases && *policy->db.net_allow_dns != '\0'),
                    X07_CAN_RESOLVE);
}

uint32_t x07_confine_grants(const x07_policy *policy)
{
    const x07_process_policy *process = &policy->process;
    const x07_time_policy *time = &policy->time;
    return file_grants(&policy->fs) | net_grants(policy)
           | bit_if(process->enabled && process->allow_spawn && process->allow_exec, X07_CAN_SPAWN)
           | bit_if(policy->threads.enabled != 0u, X07_CAN_THREAD)
           | bit_if(time->enabled && time->allow_local_tzid, X07_CAN_TELL_ZONE);
}
