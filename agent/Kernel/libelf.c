/*
 * Debian 13's libelf.a (elfutils 0.192) lacks two of its own functions, which begin and end a tree of chunks that a program reads
 * out of an ELF file. libbpf reads none, so the tree stays empty, as it was allocated. Weak: other versions have the functions.
 */
__attribute__((weak)) void eu_search_tree_init(void *tree)
{
	(void)tree;
}

__attribute__((weak)) void eu_search_tree_fini(void *tree, void (*free_node)(void *))
{
	(void)tree;
	(void)free_node;
}
