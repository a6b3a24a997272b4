namespace SoonShop.Orders;

/// <summary>The port to queries over many draft orders.</summary>
public interface IDraftOrderQueries
{
    /// <summary>Returns one page without quotes, newest first. Error: <c>validation-failed</c> for an invalid cursor.</summary>
    Task<Result<Page<DraftOrder>>> ListAsync(DraftOrderQuery query, CancellationToken cancellation);
}
