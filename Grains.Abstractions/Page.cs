namespace SoonShop;

/// <summary>One page of a list.</summary>
/// <param name="Items">The items, at most as many as requested.</param>
/// <param name="NextCursor">An opaque cursor for the next page; null at the end.</param>
/// <typeparam name="T">The type of the items.</typeparam>
[GenerateSerializer, Immutable, Alias("soonshop.page`1")]
public sealed record Page<T>(ImmutableArray<T> Items, string? NextCursor);

/// <summary>A request for one page of a list.</summary>
/// <param name="Limit">The most items, 1–100.</param>
/// <param name="Cursor">The cursor of the previous page, or null for the first page.</param>
[GenerateSerializer, Immutable, Alias("soonshop.page-request")]
public sealed record PageRequest(int Limit = PageRequest.DefaultLimit, string? Cursor = null)
{
    /// <summary>The default page size.</summary>
    public const int DefaultLimit = 20;

    /// <summary>The longest cursor that a list returns and accepts, in characters.</summary>
    public const int MaxCursorLength = 4000;

    /// <summary>The most items on a page.</summary>
    public const int MaxLimit = 100;
}
