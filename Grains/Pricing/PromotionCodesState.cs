using SoonShop.Aggregates;

namespace SoonShop.Pricing;

/// <summary>The batches of a promotion's generated codes. The codes follow from the secret and their numbers.</summary>
public sealed record PromotionCodesState
{
    /// <summary>The most batches of a promotion.</summary>
    public const int MaxBatches = 500;

    /// <summary>The secret that proves the codes, in Base64.</summary>
    public required string Secret { get; init; }

    /// <summary>The batches, oldest first.</summary>
    public ImmutableArray<CodeBatch> Batches { get; init; } = [];

    /// <summary>The number of codes.</summary>
    public int Count => Batches.IsEmpty ? 0 : Batches[^1].First + Batches[^1].Count;

    /// <summary>Returns the batch with an id.</summary>
    public CodeBatch? Find(Guid batchId) => Batches.FirstOrDefault(b => b.Id == batchId);

    /// <summary>Adds a batch.</summary>
    /// <param name="batchId">The id of the batch.</param>
    /// <param name="count">The number of codes.</param>
    /// <param name="now">The current time.</param>
    public Decision<PromotionCodesState> Generate(Guid batchId, int count, DateTimeOffset now)
    {
        if (Find(batchId) is { } known)
        {
            return known.Count == count ? Decision<PromotionCodesState>.NoChange(this)
                : Error.Of(ErrorCode.Conflict, "error.batch-exists", $"The batch {batchId} has {known.Count} codes already.");
        }
        return Batches.Length >= MaxBatches || Count + count > GeneratedCode.MaxNumbers
            ? Error.Of(
                ErrorCode.Conflict, "error.too-many-codes",
                $"A promotion has at most {GeneratedCode.MaxNumbers} codes in {MaxBatches} batches. Use another promotion.")
            : Decision<PromotionCodesState>.To(this with { Batches = Batches.Add(new CodeBatch(batchId, Count, count, now)) });
    }

    /// <summary>Returns the code with a number.</summary>
    public GeneratedCode CodeOf(string promotionId, int number) =>
        GeneratedCode.Issue(promotionId, Convert.FromBase64String(Secret), number);

    /// <summary>True when a code is one of these.</summary>
    public bool HasIssued(string promotionId, GeneratedCode code) =>
        code.Number < Count && CodeOf(promotionId, code.Number) is var issued && issued.Tag == code.Tag
        && System.Security.Cryptography.CryptographicOperations.FixedTimeEquals(
            BitConverter.GetBytes(issued.Proof), BitConverter.GetBytes(code.Proof));
}
