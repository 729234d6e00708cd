/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Memory: the UMA zone of threads with its slabs, malloc, hash tables,
 * kernel stacks and the sanitizers' hooks.
 */
#include "../harness.h"

#include <vm/pmap.h>
#ifdef NUMA
#include <vm/vm_phys.h>
#endif

#define	HEAP_SIZE	(16 * 1024 * 1024)
#define	ZONE_ALIGN	256
#define	ZONE_ITEMS_MAX	4608
#define	STACK_PAGES	4
#define	STACK_PAGES_MAX 16

struct malloc_type M_TEMP[1] = { { .ks_shortdesc = "temp" } };
struct fake_zone thread_zone_fake;
int zone_slab_items = 4;
struct hash_fake tidhash_fake;
void *malloc_first;
size_t malloc_first_size;
int malloc_first_at_end;
int vm_ndomains = 1;
u_int cache_align_mask = 63;
#ifdef NUMA
static struct mem_affinity one_domain[2] = { { .end = ~0UL } };
struct mem_affinity *mem_affinity = one_domain;
#endif

static char heap[HEAP_SIZE] __aligned(4096);
static size_t heap_used;
static void *zone_free[ZONE_ITEMS_MAX];
static int zone_nfree;
static vm_offset_t next_kstack = 0x100000;

void	*fbsd_malloc(size_t size, struct malloc_type *type, int flags);
void	fbsd_free(void *addr, struct malloc_type *type);

static void *
heap_alloc(size_t size, size_t align)
{
	void *m;

	heap_used = roundup2(heap_used, align);
	if (heap_used + size > sizeof(heap))
		fatal("HEAP_SIZE is too small");
	m = heap + heap_used;
	heap_used += size;
	return (m);
}

static const char *
wait_name(int flags)
{

	switch (flags) {
	case M_WAITOK:
		return ("M_WAITOK");
	case M_WAITOK | M_ZERO:
		return ("M_WAITOK|M_ZERO");
	default:
		return ("?");
	}
}

void *
fbsd_malloc(size_t size, struct malloc_type *type, int flags)
{
	void *m;

	(void)fake_call("malloc", NULL, "%zu,%s,%s", size,
	    type->ks_shortdesc, wait_name(flags));
	fake_may_sleep("malloc");
	if (malloc_first == NULL && malloc_first_at_end) {
		heap_used = roundup2(heap_used + size, PAGE_SIZE) - size;
		m = heap_alloc(size, sizeof(u_long));
		/* The page behind it stays empty. */
		heap_used += PAGE_SIZE;
	} else
		m = heap_alloc(size, 64);
	if (malloc_first == NULL) {
		malloc_first = m;
		malloc_first_size = size;
	}
	memset(m, (flags & M_ZERO) != 0 ? 0 : 0xa5, size);
	return (m);
}

void
fbsd_free(void *addr, struct malloc_type *type)
{

	(void)fake_call("free", addr, "%s,%s", ptr_name(addr),
	    type->ks_shortdesc);
}

void
malloc_init(void *arg)
{

	(void)fake_call("malloc_init", arg, "%s",
	    ((struct malloc_type *)arg)->ks_shortdesc);
}

void
malloc_uninit(void *arg)
{

	(void)fake_call("malloc_uninit", arg, "%s",
	    ((struct malloc_type *)arg)->ks_shortdesc);
}

void *
hashinit(int count, struct malloc_type *type, u_long *hashmask)
{
	u_long i, n;

	(void)fake_call("hashinit", NULL, "%d,%s", count, type->ks_shortdesc);
	fake_must(count > 0, "hashinit", "no elements");
	for (n = 1; n * 2 <= (u_long)count; n *= 2)
		continue;
	tidhash_fake.hf_table = heap_alloc(n * sizeof(*tidhash_fake.hf_table),
	    64);
	tidhash_fake.hf_mask = n - 1;
	for (i = 0; i < n; i++)
		LIST_INIT(&tidhash_fake.hf_table[i]);
	*hashmask = n - 1;
	return (tidhash_fake.hf_table);
}

/*
 * UMA.  A new slab has all its items initialised, as the real one does, not
 * only the one asked for.  Freed items are reused last in, first out.
 */
u_int
uma_get_cache_align_mask(void)
{

	return (cache_align_mask);
}

uma_zone_t
uma_zcreate(const char *name, size_t size, uma_ctor ctor, uma_dtor dtor,
    uma_init uminit, uma_fini fini, int align, uint32_t flags)
{

	(void)fake_call("uma_zcreate", NULL, "%s", name);
	fake_must(thread_zone_fake.fz_name == NULL, "uma_zcreate",
	    "a second zone");
	thread_zone_fake = (struct fake_zone){ .fz_name = name,
	    .fz_size = size, .fz_ctor = ctor, .fz_dtor = dtor,
	    .fz_init = uminit, .fz_fini = fini, .fz_align = align,
	    .fz_flags = flags };
	return ((uma_zone_t)(void *)&thread_zone_fake);
}

static void
zone_grow(struct fake_zone *z)
{
	struct thread *td;
	int i;

	for (i = zone_slab_items; i > 0; i--) {
		if (z->fz_items == ZONE_ITEMS_MAX)
			fatal("ZONE_ITEMS_MAX is too small");
		td = heap_alloc(z->fz_size, ZONE_ALIGN);
		memset(td, 0, z->fz_size);
		name_ptr(td, "item%d", z->fz_items);
		name_ptr(&td->td_slpcallout, "&item%d.td_slpcallout",
		    z->fz_items);
		name_ptr(&td->td_osd, "&item%d.td_osd", z->fz_items);
		name_ptr(&td->td_sigqueue, "&item%d.td_sigqueue",
		    z->fz_items);
		z->fz_items++;
		/* What was there before init, to be overwritten by it. */
		td->td_sel = (struct seltd *)(uintptr_t)0xdead;
		td->td_kstack = 0xdead;
		if (z->fz_init(td, (int)z->fz_size, M_WAITOK) != 0)
			fatal("the zone's init failed");
		zone_free[zone_nfree++] = td;
	}
}

void *
uma_zalloc_arg(uma_zone_t zone, void *arg, int flags)
{
	struct fake_zone *z;
	void *item;

	z = (struct fake_zone *)(void *)zone;
	(void)fake_call("uma_zalloc", NULL, "%s,%s,%s",
	    z == NULL ? "NULL" : z->fz_name, ptr_name(arg), wait_name(flags));
	fake_must(z == &thread_zone_fake, "uma_zalloc_arg", "wrong zone");
	fake_may_sleep("uma_zalloc_arg");
	if (zone_nfree == 0)
		zone_grow(z);
	item = zone_free[--zone_nfree];
	z->fz_live++;
	if (z->fz_ctor(item, (int)z->fz_size, arg, flags) != 0)
		fatal("the zone's ctor failed");
	return (item);
}

void
uma_zfree_arg(uma_zone_t zone, void *item, void *arg)
{
	struct fake_zone *z;
	int i;

	z = (struct fake_zone *)(void *)zone;
	(void)fake_call("uma_zfree", item, "%s,%s,%s",
	    z == NULL ? "NULL" : z->fz_name, ptr_name(item), ptr_name(arg));
	fake_must(z == &thread_zone_fake, "uma_zfree_arg", "wrong zone");
	for (i = 0; i < zone_nfree; i++)
		fake_must(zone_free[i] != item, "uma_zfree_arg",
		    "double free");
	z->fz_dtor(item, (int)z->fz_size, arg);
	z->fz_live--;
	zone_free[zone_nfree++] = item;
}

/*
 * Kernel stacks.  returns("vm_thread_new", 0) exhausts the address space.
 */
int
vm_thread_new(struct thread *td, int pages)
{
	struct fake *f;

	f = fake_call("vm_thread_new", td, "%s,%d", ptr_name(td), pages);
	fake_may_sleep("vm_thread_new");
	if (fake_ret(f, 1) == 0)
		return (0);
	td->td_kstack = next_kstack;
	td->td_kstack_pages = pages <= 1 ? STACK_PAGES :
	    MIN(pages, STACK_PAGES_MAX);
	next_kstack += STACK_PAGES_MAX * PAGE_SIZE;
	return (1);
}

void
vm_thread_dispose(struct thread *td)
{

	(void)fake_call("vm_thread_dispose", td, "%s", ptr_name(td));
	fake_must(td->td_kstack != 0, "vm_thread_dispose", "no stack");
	fake_may_sleep("vm_thread_dispose");
	td->td_kstack = 0;
	td->td_kstack_pages = 0;
}

vm_paddr_t
pmap_kextract(vm_offset_t va)
{

	(void)fake_call("pmap_kextract", (void *)va, "%s",
	    ptr_name((void *)va));
	return (va);
}

#undef kasan_thread_alloc
#undef kmsan_thread_alloc
#undef kmsan_thread_free
void	kasan_thread_alloc(struct thread *td);
void	kmsan_thread_alloc(struct thread *td);
void	kmsan_thread_free(struct thread *td);

void
kasan_thread_alloc(struct thread *td)
{

	(void)fake_call("kasan_thread_alloc", td, "%s", ptr_name(td));
}

void
kmsan_thread_alloc(struct thread *td)
{

	(void)fake_call("kmsan_thread_alloc", td, "%s", ptr_name(td));
}

void
kmsan_thread_free(struct thread *td)
{

	(void)fake_call("kmsan_thread_free", td, "%s", ptr_name(td));
}
