namespace SoonShop;

/// <summary>
/// Marks a command that may be repeated with the same arguments. The repetition has the effect and response of the first call, even if that
/// response was lost. Front ends repeat such a call automatically when a silo dies during it. A command without the attribute is called
/// once.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RepeatableAttribute : Attribute;
