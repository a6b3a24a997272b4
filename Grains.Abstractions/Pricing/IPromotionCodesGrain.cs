namespace SoonShop.Pricing;

/// <summary>The generated codes of one promotion. Keyed by <see cref="Promotion.GrainKey"/>.</summary>
[Alias("soonshop.promotion-codes")]
public interface IPromotionCodesGrain : IGrainWithStringKey
{
    /// <summary>
    /// Generates a batch of codes, each for one order. Idempotent by batch. Errors: <c>not-found</c> for the promotion; <c>conflict</c> for
    /// a promotion with another trigger, for too many codes, and for a batch of another size.
    /// </summary>
    /// <param name="batchId">The id of the batch.</param>
    /// <param name="count">1–<see cref="CodeBatch.MaxCount"/>.</param>
    [Alias("generate"), Repeatable]
    Task<Result<CodeBatch>> GenerateAsync(Guid batchId, int count);

    /// <summary>
    /// Returns one page of the codes in the order of their numbers. Errors: <c>not-found</c> for the promotion; <c>validation-failed</c>
    /// for an invalid cursor.
    /// </summary>
    /// <param name="batchId">Only this batch, nothing when it does not exist; null for all.</param>
    /// <param name="page">The page.</param>
    [Alias("list")]
    Task<Result<Page<IssuedCode>>> ListAsync(Guid? batchId, PageRequest page);

    /// <summary>True when a code was generated for the promotion, used or not.</summary>
    [Alias("has-issued")]
    Task<bool> HasIssuedAsync(string code);
}

/// <summary>Codes that were generated together.</summary>
/// <param name="Id">The id.</param>
/// <param name="First">The number of the first code.</param>
/// <param name="Count">The number of codes.</param>
/// <param name="CreatedAt">When they were generated.</param>
[GenerateSerializer, Immutable, Alias("soonshop.code-batch")]
public sealed record CodeBatch(Guid Id, int First, int Count, DateTimeOffset CreatedAt)
{
    /// <summary>The most codes of a batch.</summary>
    public const int MaxCount = 100_000;
}

/// <summary>A generated code.</summary>
/// <param name="Code">The code.</param>
/// <param name="BatchId">Its batch.</param>
/// <param name="IsUsed">True while an order uses it.</param>
[GenerateSerializer, Immutable, Alias("soonshop.issued-code")]
public sealed record IssuedCode(string Code, Guid BatchId, bool IsUsed);
