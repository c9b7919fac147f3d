// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exchanges direct messages with secure partitions, from every CPU with all of them at once, and checks each answer.
 * It knows the partitions by their UUIDs and reaches them only by the bus that Linux's arm_ffa driver makes.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/arm_ffa.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/timer.h>

#include <asm/arch_timer.h>

static uint messages = 1000;
module_param(messages, uint, 0444);
MODULE_PARM_DESC(messages, "messages of each CPU to each partition, at least");

static uint load;
module_param(load, uint, 0444);
MODULE_PARM_DESC(load, "for how many seconds they are exchanged, at least");

static uint seconds = 60;
module_param(seconds, uint, 0444);
MODULE_PARM_DESC(seconds, "how long all of them may take, beside that");

/* Every so many messages the worker is asked to work for so long that this CPU's timer has to interrupt it. */
#define LONG_EVERY 100
#define LONG_WORK_MS 20

#define MAX_PARTITIONS 8

/* partition.c and partition.rs of examples/first-partition, and worker.S. */
#define HELLO_C UUID_INIT(0x6c6c6568, 0x6e69, 0x206f, 0x61, 0x20, 0x43, 0x20, 0x64, 0x20, 0x64, 0x6e)
#define HELLO_RUST UUID_INIT(0x6d6c6568, 0x6e69, 0x206f, 0x61, 0x20, 0x43, 0x20, 0x64, 0x20, 0x64, 0x6e)
#define WORKER UUID_INIT(0x6b726f77, 0x206e, 0x6f20, 0x20, 0x6c, 0x6c, 0x61, 0x65, 0x72, 0x6f, 0x63)

static const struct ffa_device_id known[] = { { HELLO_C }, { HELLO_RUST }, { WORKER }, {} };
static const uuid_t worker = WORKER;

static struct ffa_device *partitions[MAX_PARTITIONS];
static uint partition_count;
static unsigned long load_end;
static unsigned long deadline;
static DECLARE_COMPLETION(one_is_done);

/* One CPU's messages to one partition. */
struct exchange {
	struct ffa_device *partition;
	struct timer_list timer;
	uint cpu;
	uint ticks;		/* of the timer on this CPU */
	uint answered;
	uint wrong;		/* answers that are not as they must be */
	uint busy;		/* tries that were refused since another CPU's message was there */
	uint interrupted;	/* ticks that came while the worker worked */
	int error;
};

static void tick(struct timer_list *timer)
{
	struct exchange *exchange = from_timer(exchange, timer, timer);

	WRITE_ONCE(exchange->ticks, exchange->ticks + 1);
	mod_timer(timer, jiffies + 1);
}

static int send(struct exchange *exchange, struct ffa_send_direct_data *data)
{
	const struct ffa_send_direct_data request = *data;
	int error;

	for (;;) {
		error = exchange->partition->ops->msg_ops->sync_send_receive(exchange->partition, data);
		if (error != -EBUSY)
			return error;
		if (time_after(jiffies, deadline))
			return -ETIMEDOUT;
		exchange->busy++;
		*data = request;
		usleep_range(20, 100);
	}
}

static int exchange_messages(void *argument)
{
	struct exchange *exchange = argument;
	bool works = uuid_equal(&exchange->partition->uuid, &worker);
	uint n;

	timer_setup(&exchange->timer, tick, TIMER_PINNED);
	exchange->timer.expires = jiffies + 1;
	add_timer_on(&exchange->timer, exchange->cpu);
	for (n = 0; n < messages || time_before(jiffies, load_end); n++) {
		u64 number = (u64)exchange->cpu << 32 | n;
		bool is_long = works && n % LONG_EVERY == 0;
		struct ffa_send_direct_data data = { .data0 = number };
		uint before = READ_ONCE(exchange->ticks);

		if (is_long)
			data.data1 = (u64)arch_timer_get_cntfrq() * LONG_WORK_MS / MSEC_PER_SEC;
		exchange->error = send(exchange, &data);
		if (exchange->error)
			break;
		exchange->answered++;
		/* The worker's vCPU must be that of this CPU; the other partitions have but one, and leave x4 zero. */
		if (data.data0 != number + 1 || data.data1 != (works ? exchange->cpu : 0))
			exchange->wrong++;
		if (is_long)
			exchange->interrupted += READ_ONCE(exchange->ticks) - before;
		cond_resched();
	}
	timer_delete_sync(&exchange->timer);
	complete(&one_is_done);
	return 0;
}

/* Shares two pages that are not neighbours with a partition, and takes them back. */
static void share(struct ffa_device *partition)
{
	const struct ffa_mem_ops *memory = partition->ops->mem_ops;
	struct ffa_mem_region_attributes receiver = { .receiver = partition->vm_id, .attrs = FFA_MEM_RW };
	struct ffa_mem_ops_args transaction = { .use_txbuf = true, .attrs = &receiver, .nattrs = 1 };
	void *pages = alloc_pages_exact(3 * PAGE_SIZE, GFP_KERNEL);
	struct scatterlist parts[2];
	int shared, reclaimed = 0;

	if (!pages)
		return;
	sg_init_table(parts, ARRAY_SIZE(parts));
	sg_set_buf(&parts[0], pages, PAGE_SIZE);
	sg_set_buf(&parts[1], pages + 2 * PAGE_SIZE, PAGE_SIZE);
	transaction.sg = parts;
	shared = memory->memory_share(&transaction);
	if (!shared)
		reclaimed = memory->memory_reclaim(transaction.g_handle, 0);
	pr_info("two pages are shared with %04x (error %d) and taken back (error %d)\n", partition->vm_id, shared,
		reclaimed);
	/* Pages that could not be taken back are the partition's for good. */
	if (shared || !reclaimed)
		free_pages_exact(pages, 3 * PAGE_SIZE);
}

static int probe(struct ffa_device *partition)
{
	if (partition_count == MAX_PARTITIONS)
		return -ENOSPC;
	pr_info("partition %04x has UUID %pUb and properties %#x\n", partition->vm_id, &partition->uuid,
		partition->properties);
	share(partition);
	partitions[partition_count++] = partition;
	return 0;
}

static struct ffa_driver driver = { .name = KBUILD_MODNAME, .probe = probe, .id_table = known };

/* Says how one exchange went; true where it is as it must be. */
static bool tell(const struct exchange *exchange)
{
	bool works = uuid_equal(&exchange->partition->uuid, &worker);

	pr_info("CPU %u and %04x: %u answers, %u wrong, %u times busy, %u ticks at work, error %d\n", exchange->cpu,
		exchange->partition->vm_id, exchange->answered, exchange->wrong, exchange->busy,
		exchange->interrupted, exchange->error);
	return exchange->answered >= messages && !exchange->wrong && !exchange->error &&
	       (exchange->interrupted || !works);
}

static int exchange_all(void)
{
	uint count = partition_count * num_online_cpus(), started = 0, answered = 0, n;
	struct exchange *exchanges = kcalloc(count, sizeof(*exchanges), GFP_KERNEL);
	bool good = true;
	uint cpu;

	if (!exchanges)
		return -ENOMEM;
	load_end = jiffies + load * HZ;
	deadline = load_end + seconds * HZ;
	for_each_online_cpu(cpu) {
		for (n = 0; n < partition_count && started < count; n++) {
			struct exchange *exchange = &exchanges[started];
			struct task_struct *thread;

			exchange->cpu = cpu;
			exchange->partition = partitions[n];
			thread = kthread_create_on_cpu(exchange_messages, exchange, cpu, KBUILD_MODNAME "/%u");
			if (IS_ERR(thread)) {
				good = false;
				break;
			}
			started++;
			wake_up_process(thread);
		}
	}
	for (n = 0; n < started; n++)
		wait_for_completion(&one_is_done);
	for (n = 0; n < started; n++) {
		good &= tell(&exchanges[n]);
		answered += exchanges[n].answered;
	}
	kfree(exchanges);
	pr_info("%u CPUs, %u partitions, %u answers: %s\n", num_online_cpus(), partition_count, answered,
		good && started == count ? "all is well" : "not as it must be");
	return good ? 0 : -EIO;
}

static int __init ffa_smoke_init(void)
{
	int error = ffa_register(&driver);

	if (error)
		return error;
	error = partition_count ? exchange_all() : -ENODEV;
	if (error)
		ffa_unregister(&driver);
	return error;
}
module_init(ffa_smoke_init);

static void __exit ffa_smoke_exit(void)
{
	ffa_unregister(&driver);
}
module_exit(ffa_smoke_exit);

MODULE_DESCRIPTION("Direct messages with Tantalum's secure partitions, from every CPU");
MODULE_LICENSE("GPL");
