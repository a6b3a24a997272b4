using System.Runtime.CompilerServices;

namespace SoonShop.Client;

/// <summary>One page of a list.</summary>
/// <typeparam name="T">What the list is of.</typeparam>
public interface IPage<out T>
{
    /// <summary>The items of the page.</summary>
    IReadOnlyList<T>? Items { get; }

    /// <summary>What to pass as <c>cursor</c> for the next page; null on the last.</summary>
    string? NextCursor { get; }
}

/// <summary>Goes through all pages of a list.</summary>
internal static class AutoPaging
{
    /// <summary>The items of all pages. A page is fetched when the items of the one before are used up.</summary>
    public static async IAsyncEnumerable<T> ItemsAsync<TPage, T>(
        Func<string?, CancellationToken, Task<TPage>> fetch,
        CancellationToken ofCall,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
        where TPage : IPage<T>
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ofCall, cancellationToken);
        string? cursor = null;
        do
        {
            var page = await fetch(cursor, either.Token).ConfigureAwait(false);
            foreach (var item in page.Items ?? [])
                yield return item;
            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }
}
