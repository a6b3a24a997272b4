namespace SoonShop;

/// <summary>One page of a list.</summary>
/// <param name="Items">At most as many as were asked for.</param>
/// <param name="NextCursor">Opaque; give it back to read on. Null at the end.</param>
/// <typeparam name="T">What is listed.</typeparam>
[GenerateSerializer, Immutable, Alias("soonshop.page`1")]
public sealed record Page<T>(ImmutableArray<T> Items, string? NextCursor);

/// <summary>Which page of a list.</summary>
/// <param name="Limit">1–100 items.</param>
/// <param name="Cursor">The cursor of the page before, or null for the first.</param>
[GenerateSerializer, Immutable, Alias("soonshop.page-request")]
public sealed record PageRequest(int Limit = PageRequest.DefaultLimit, string? Cursor = null)
{
    /// <summary>Items on a page when the caller names no number.</summary>
    public const int DefaultLimit = 20;

    /// <summary>The longest cursor that a list gives, and that is taken back.</summary>
    public const int MaxCursorLength = 4000;

    /// <summary>The most items on a page.</summary>
    public const int MaxLimit = 100;
}
