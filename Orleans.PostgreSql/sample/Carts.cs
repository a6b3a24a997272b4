using Orleans.Streams;
using Orleans.Streams.Core;

namespace Sample;

/// <summary>A cart.</summary>
public interface ICart : IGrainWithStringKey
{
    /// <summary>Adds an item. Returns all items.</summary>
    Task<List<string>> AddAsync(string item);
}

/// <summary>The items of a cart.</summary>
[GenerateSerializer]
public sealed class CartState
{
    /// <summary>In the order in which they were added.</summary>
    [Id(0)] public List<string> Items { get; set; } = [];
}

/// <summary>Stores its items, and then publishes what was added.</summary>
public sealed class CartGrain([PersistentState("cart")] IPersistentState<CartState> cart) : Grain, ICart
{
    /// <inheritdoc/>
    public async Task<List<string>> AddAsync(string item)
    {
        cart.State.Items.Add(item);
        await cart.WriteStateAsync();
        await this.GetStreamProvider("events").GetStream<string>("carts", this.GetPrimaryKeyString()).OnNextAsync(item);
        return cart.State.Items;
    }
}

/// <summary>Receives what is added to a cart with its key.</summary>
[ImplicitStreamSubscription("carts")]
public sealed class CartLog : Grain, IGrainWithStringKey, IStreamSubscriptionObserver
{
    private static readonly TaskCompletionSource<string> First = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with the first event that this process receives.</summary>
    internal static Task<string> FirstEntry => First.Task;

    /// <inheritdoc/>
    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => handleFactory.Create<string>().ResumeAsync((item, _) =>
    {
        First.TrySetResult($"Added to {this.GetPrimaryKeyString()}: {item}");
        return Task.CompletedTask;
    });
}
