using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Core;
using Orleans.Storage;

namespace SoonShop.Aggregates;

/// <summary>
/// Grain state that is read at its first use instead of at activation. If the read fails, the call that needs the state fails, but not the
/// activation. A grain whose row cannot exist yet can write it without a read.
/// </summary>
internal sealed class LazyState<TState>(string name, IGrainContext context, IGrainStorage storage)
    : StateStorageBridge<TState>(name, context, storage), IPersistentState<TState>, ILazyState
{
    private Task? loading;

    public bool IsLoaded { get; private set; }

    public Task? Loading => loading is { IsCompleted: false } ? loading : null;

    Task ILazyState.LoadAsync() => IsLoaded ? Task.CompletedTask : Loading ?? (loading = LoadAsync());

    void ILazyState.Forget() => IsLoaded = false;

    void ILazyState.Written() => IsLoaded = true;

    private async Task LoadAsync()
    {
        await ReadStateAsync();
        IsLoaded = true;
    }
}

/// <summary>State that must be loaded before it is used.</summary>
internal interface ILazyState
{
    /// <summary>True when the state was read or written, so that it is the database's as of then.</summary>
    bool IsLoaded { get; }

    /// <summary>The running read; null when none is running.</summary>
    Task? Loading { get; }

    /// <summary>Reads the state unless it is loaded. Interleaving calls share one read.</summary>
    Task LoadAsync();

    /// <summary>Makes the next <see cref="LoadAsync"/> read again.</summary>
    void Forget();

    /// <summary>Records that the state was written without a read before.</summary>
    void Written();
}

/// <summary>
/// Injects a grain's state like <c>[PersistentState]</c>, but reads it at its first use. An event handler
/// (<see cref="Events.EventHandlerGrain{TState}"/>) reads it within the first attempt or call. An aggregate
/// (<see cref="AggregateGrain{TState}"/>) reads it before the first call that needs it.
/// </summary>
/// <param name="name">The state's name, the first part of its key in storage; unique among grain classes.</param>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class LazyStateAttribute(string name) : Attribute, IFacetMetadata
{
    /// <summary>The state's name.</summary>
    public string Name { get; } = name;
}

/// <summary>Creates the states of constructor parameters with <see cref="LazyStateAttribute"/>.</summary>
internal sealed class LazyStateMapper : IAttributeToFactoryMapper<LazyStateAttribute>
{
    public Factory<IGrainContext, object> GetFactory(ParameterInfo parameter, LazyStateAttribute metadata)
    {
        if (!parameter.ParameterType.IsGenericType || parameter.ParameterType.GetGenericTypeDefinition() != typeof(IPersistentState<>))
            throw new InvalidOperationException(
                $"{parameter.Member.DeclaringType}: {parameter.Name} has [LazyState], so its type must be IPersistentState<…>.");
        var create = typeof(LazyStateMapper).GetMethod(nameof(Create), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(parameter.ParameterType.GetGenericArguments()).CreateDelegate<Func<string, IGrainContext, object>>();
        return context => create(metadata.Name, context);
    }

    private static LazyState<TState> Create<TState>(string name, IGrainContext context) =>
        new(name, context, context.ActivationServices.GetRequiredService<IGrainStorage>());
}
